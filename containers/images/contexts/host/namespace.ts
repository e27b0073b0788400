// Describes the network namespace of this container: its addresses, its listening sockets, and which of them listen.ts
// opened. One JSON document on standard output.
import { existsSync, readFileSync } from "node:fs";
import { networkInterfaces } from "node:os";
import { openedFile } from "./opened.ts";

/** State of a listening socket in /proc/net/tcp. */
const listen = "0A";

const addresses = Object.values(networkInterfaces())
  .flatMap((list) => list ?? [])
  .filter(({ internal, address }) => !internal && !address.startsWith("fe80:"))
  .map(({ address }) => address);

console.log(
  JSON.stringify({
    addresses,
    listening: [...listening("/proc/net/tcp"), ...listening("/proc/net/tcp6")],
    opened: existsSync(openedFile) ? JSON.parse(readFileSync(openedFile, "utf8")) : [],
  }),
);

function listening(file: string): { address: string; port: number }[] {
  if (!existsSync(file)) return [];
  return readFileSync(file, "utf8")
    .split("\n")
    .slice(1)
    .map((line) => line.trim().split(/\s+/))
    .filter((fields) => fields[3] === listen)
    .map(([, local = ""]) => {
      const [address = "", port = ""] = local.split(":");
      return { address: readable(address), port: Number.parseInt(port, 16) };
    });
}

/** The kernel prints addresses as words of four bytes, each in the machine's byte order: little-endian. */
function readable(hex: string): string {
  const bytes = (hex.match(/.{8}/g) ?? []).flatMap((word) => (word.match(/../g) ?? []).reverse());
  if (bytes.length === 4) return bytes.map((byte) => Number.parseInt(byte, 16)).join(".");
  const groups = Array.from({ length: 8 }, (_, index) => `${bytes[2 * index]}${bytes[2 * index + 1]}`);
  // The URL parser returns an address in its shortest form.
  return new URL(`http://[${groups.join(":")}]/`).hostname.slice(1, -1);
}
