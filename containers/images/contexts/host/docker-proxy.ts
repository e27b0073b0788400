// A replacement for docker's userland proxy: listens on every address of the host, or on the named ones, and forwards each
// connection. Usage: node docker-proxy.ts PORT[@ADDRESS,ADDRESS]=ADDRESS:PORT …
import { connect, createServer } from "node:net";

for (const forwarding of process.argv.slice(2)) {
  const [at = "", to] = forwarding.split("=");
  const [port, addresses = "::"] = at.split("@");
  const [host, targetPort] = (to ?? "").split(":");
  for (const address of new Set(addresses.split(","))) {
    createServer({ allowHalfOpen: true }, (client) => {
      const target = connect({ host: host ?? "", port: Number(targetPort), allowHalfOpen: true });
      client.pipe(target).pipe(client);
      client.on("error", () => target.destroy());
      target.on("error", () => client.destroy());
    }).listen(Number(port), address);
  }
}
