// Stands behind ports where nothing listens, so that a denial is never 'nobody was listening'. Listens on each of the
// namespace's own addresses but the loopback, and leaves alone what is taken.
// node listen.ts PORT …
import { appendFileSync, existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { networkInterfaces } from "node:os";
import { setTimeout as pause } from "node:timers/promises";
import { acceptedFile, openedFile } from "./opened.ts";

/** An IPv6 address can't be bound while the kernel still asks whether somebody else has it: a second or two. */
const pollInterval = 50;

const addresses = Object.values(networkInterfaces())
  .flatMap((list) => list ?? [])
  .filter(({ internal, address }) => !internal && !address.startsWith("fe80:"));
const ports = process.argv.slice(2).map(Number);
appendFileSync(acceptedFile, "");
// Listeners of an earlier time may still be there.
const earlier = existsSync(openedFile) ? (JSON.parse(readFileSync(openedFile, "utf8")) as object[]) : [];
const opened = await Promise.all(
  addresses.flatMap(({ address }) =>
    ports.map(async (port) => ((await open(address, port)) ? [{ address, port }] : [])),
  ),
);
// Whoever waits for the file must not read half of it.
writeFileSync(`${openedFile}.new`, JSON.stringify([...earlier, ...opened.flat()]));
renameSync(`${openedFile}.new`, openedFile);

/** False when somebody else listens there. */
async function open(address: string, port: number): Promise<boolean> {
  for (;;) {
    const code = await new Promise<string | undefined>((resolve) => {
      const server = createServer((socket) => {
        // What the namespace asks of itself is no visit.
        if (socket.remoteAddress !== socket.localAddress) appendFileSync(acceptedFile, `${port}\n`);
        socket.on("error", () => {});
        socket.end();
      });
      server.once("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? "unknown"));
      server.listen({ port, host: address }, () => resolve(undefined));
    });
    if (code === undefined) return true;
    if (code === "EADDRINUSE") return false;
    if (code !== "EADDRNOTAVAIL") throw new Error(`${address}:${port}: ${code}`);
    await pause(pollInterval);
  }
}
