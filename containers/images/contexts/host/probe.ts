// Tries connections from this container's network namespace, in parallel, and resolves names.
// Usage: node probe.ts '{ "names": ["litellm"], "targets": [["10.0.0.2", [80, 4000]]], "deadline": 2000 }'
// One JSON document on standard output; the deadline is in milliseconds.
import { lookup } from "node:dns/promises";
import { connect } from "node:net";

interface Order {
  names: string[];
  targets: [address: string, ports: number[]][];
  deadline: number;
  /** A connection that the other end closes before the deadline, without a byte, does not count as connected. */
  mustStay?: boolean;
}

const order = JSON.parse(process.argv[2] ?? "") as Order;
const [names, attempts] = await Promise.all([
  Promise.all(order.names.map(async (name) => [name, await addressesOf(name)] as const)),
  Promise.all(
    order.targets.flatMap(([address, ports]) =>
      ports.map(async (port) => ({ address, port, outcome: await attempt(address, port) })),
    ),
  ),
]);
console.log(JSON.stringify({ names: Object.fromEntries(names), attempts }));

/** The addresses of a name; empty when it cannot be resolved. */
async function addressesOf(name: string): Promise<string[]> {
  try {
    return (await lookup(name, { all: true })).map(({ address }) => address);
  } catch {
    return [];
  }
}

/** `connected`, `closed`, `dropped` without an answer in time, else the error's code, e.g. `ECONNREFUSED`. */
function attempt(address: string, port: number): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect({ host: address, port });
    const end = (outcome: string): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(outcome);
    };
    // On a busy machine the timer may fire before network events that have already arrived: handle those first.
    const timer = setTimeout(
      () => setImmediate(() => end(socket.readyState === "open" ? "connected" : "dropped")),
      order.deadline,
    );
    if (order.mustStay) socket.once("data", () => end("connected")).once("end", () => end("closed"));
    else socket.once("connect", () => end("connected"));
    socket.on("error", (error: NodeJS.ErrnoException) => end(error.code ?? error.message));
  });
}
