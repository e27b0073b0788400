// A replacement for docker's userland proxy: listens on every address of the host and forwards each connection.
// Usage: node docker-proxy.ts PORT=ADDRESS:PORT …
import { connect, createServer } from "node:net";

for (const forwarding of process.argv.slice(2)) {
  const [port, to] = forwarding.split("=");
  const [host, targetPort] = (to ?? "").split(":");
  createServer({ allowHalfOpen: true }, (client) => {
    const target = connect({ host: host ?? "", port: Number(targetPort), allowHalfOpen: true });
    client.pipe(target).pipe(client);
    client.on("error", () => target.destroy());
    target.on("error", () => client.destroy());
  }).listen(Number(port), "::");
}
