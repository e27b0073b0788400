import { isIPv6 } from "node:net";
import type { PartImage } from "../../../containers/images/part-image.ts";
import { logText } from "../../../containers/parts/container-log.ts";
import type { PartPlan, RunNetwork } from "../../../containers/parts/part.ts";
import { deadlines } from "../../../helpers/core/deadlines.ts";
import { deadlineFactor } from "../../../helpers/core/run-config.ts";
import type { UnreachableHost } from "../../observe/unreachable-host.ts";
import type { ResolvedHost } from "./addresses.ts";

/** How long a host may take to accept a connection, in milliseconds. */
const acceptedWithin = 10_000 * deadlineFactor;

/**
 * Tries every port of a host, and forwards connections to those that accept one. Bytes pass as they are, so that TLS ends at
 * the host. Runs with Node, in the host's image. Arguments: milliseconds, addresses, ports.
 */
const program = `
const { connect, createServer } = require("node:net");
const [within, addresses, ports] = process.argv.slice(1);
const tried = (host, port) => new Promise((resolve, reject) => {
  const socket = connect({ host, port, timeout: Number(within) });
  socket.once("connect", () => { socket.destroy(); resolve(host); });
  socket.once("timeout", () => { socket.destroy(); reject(new Error(host + " accepts no connection in " + within / 1000 + " s")); });
  socket.once("error", reject);
});
const forward = (host, port) => new Promise((resolve, reject) => {
  const server = createServer({ allowHalfOpen: true }, (client) => {
    const target = connect({ host, port, allowHalfOpen: true });
    client.pipe(target).pipe(client);
    client.on("error", () => target.destroy());
    target.on("error", () => client.destroy());
  });
  server.once("error", reject).listen(port, resolve);
});
const outcomeOf = async (port) => {
  let host;
  try {
    host = await Promise.any(addresses.split(",").map((address) => tried(address, port)));
  } catch ({ errors }) {
    return { port, why: errors.map(({ message }) => message).join(", ") };
  }
  await forward(host, port);
  return { port };
};
Promise.all(ports.split(",").map((port) => outcomeOf(Number(port)))).then((outcomes) => console.log("tried " + JSON.stringify(outcomes)));
`;

/** What a relay found: why a port can't be reached; undefined for one that it forwards. */
export interface TriedPort {
  port: number;
  why?: string;
}

/** The plan of a container that forwards the ports of a declared host. It is ready as soon as it has tried them. */
export function hostRelayPlan(
  part: string,
  { name, addresses, ports }: ResolvedHost,
  outside: RunNetwork,
  image: PartImage,
): PartPlan {
  return {
    name: part,
    image,
    networks: [{ network: outside, aliases: [] }],
    entrypoint: ["node", "-e", program, String(acceptedWithin), addresses.join(","), ports.join(",")],
    ready: {
      what: `has tried to reach ${name}`,
      ask: async ({ container }) => triedPorts(await logText(container)) !== undefined,
    },
    startDeadline: deadlines.smallPartStart + acceptedWithin,
  };
}

/** What the log of a relay says of the host's ports; undefined before it has tried them. */
export function triedPorts(log: string): readonly TriedPort[] | undefined {
  const found = /^tried (.+)$/m.exec(log)?.[1];
  return found === undefined ? undefined : (JSON.parse(found) as TriedPort[]);
}

/** The ports of a host that its relay could not reach. */
export function unreachablePorts(
  { name, addresses }: Pick<ResolvedHost, "name" | "addresses">,
  tried: readonly TriedPort[],
): UnreachableHost[] {
  return tried.flatMap(({ port, why }) =>
    why === undefined
      ? []
      : [{ host: `${name}:${port}`, why, isAddress: false, ...(addresses.every(isIPv6) ? { isIPv6Only: true } : {}) }],
  );
}
