// Listens on the given ports wherever no other program does, so that a failed connection is never due to a missing
// listener. It uses every address of the network namespace except the loopback, and skips ports that are in use.
// Usage: node listen.ts PORT …
import { appendFileSync, existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { networkInterfaces } from "node:os";
import { setTimeout as pause } from "node:timers/promises";
import { acceptedFile, openedFile } from "./opened.ts";

/** In milliseconds. An IPv6 address cannot be bound during duplicate address detection: one or two seconds. */
const pollInterval = 50;

const addresses = Object.values(networkInterfaces())
  .flatMap((list) => list ?? [])
  .filter(({ internal, address }) => !internal && !address.startsWith("fe80:"));
const ports = process.argv.slice(2).map(Number);
appendFileSync(acceptedFile, "");
// Listeners of an earlier call may still be running.
const earlier = existsSync(openedFile) ? (JSON.parse(readFileSync(openedFile, "utf8")) as object[]) : [];
const opened = await Promise.all(
  addresses.flatMap(({ address }) =>
    ports.map(async (port) => ((await open(address, port)) ? [{ address, port }] : [])),
  ),
);
// Renamed, so that no reader gets a part of the file.
writeFileSync(`${openedFile}.new`, JSON.stringify([...earlier, ...opened.flat()]));
renameSync(`${openedFile}.new`, openedFile);

/** Returns false when another program listens on the port. */
async function open(address: string, port: number): Promise<boolean> {
  for (;;) {
    const code = await new Promise<string | undefined>((resolve) => {
      const server = createServer((socket) => {
        // Connections from the namespace itself are not counted.
        if (socket.remoteAddress !== socket.localAddress) appendFileSync(acceptedFile, `${port}\n`);
        socket.on("error", () => {});
        // With a byte: a probe takes a connection that is closed without one for docker's proxy with nothing behind it.
        socket.end("\n");
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
