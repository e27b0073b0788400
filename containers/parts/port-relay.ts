import { randomBytes } from "node:crypto";
import type { Engine } from "../engine/engine.ts";
import type { Run } from "../engine/run-labels.ts";
import type { PartImage } from "../images/part-image.ts";
import type { PartPlan } from "./part.ts";

/** First port that a relay listens on inside of its container; one that needs no privileges. */
const firstRelayPort = 20_000;

/**
 * Publishes the ports of a part on every address of the engine's machine, for an engine on another machine. A container
 * of its own accepts the connections and opens new ones to the part, from an address of the part's network.
 *
 * The part cannot publish the ports itself: the engine passes the client's address to it, and the default route of the
 * rigs' networks leads to the gateway host or to nobody, so that no response would reach the client. On the engine's
 * loopback this does not happen, because docker's own proxy opens those connections.
 *
 * @param plan the part, which may start later: the relay resolves its name for each connection
 * @param name name of the part's container
 * @param image the host's image
 * @returns container port to published port
 * @throws {Error} when the engine cannot start it
 */
export async function startPortRelay(
  engine: Engine,
  run: Run,
  { networks, publish = [] }: PartPlan,
  name: string,
  image: PartImage,
): Promise<ReadonlyMap<number, number>> {
  const relayPorts = new Map(publish.map((port, index) => [port, firstRelayPort + index]));
  const container = await engine.docker.createContainer({
    // Unique, because a part of the same name may replace this one while the relay still exists.
    name: `${name}-ports-${randomBytes(3).toString("hex")}`,
    Image: image.reference,
    Entrypoint: [
      "node",
      "/app/docker-proxy.ts",
      ...[...relayPorts].map(([port, relayPort]) => `${relayPort}=${name}:${port}`),
    ],
    Labels: run.labels,
    StopTimeout: 1,
    ExposedPorts: Object.fromEntries([...relayPorts.values()].map((port) => [`${port}/tcp`, {}])),
    HostConfig: {
      // The engine's own bridge: its default route leads back to the client.
      NetworkMode: "bridge",
      PortBindings: Object.fromEntries(
        [...relayPorts.values()].map((port) => [`${port}/tcp`, [{ HostIp: "0.0.0.0", HostPort: "" }]]),
      ),
    },
  });
  const [own] = networks;
  if (own !== undefined) await engine.docker.getNetwork(own.network.id).connect({ Container: container.id });
  await container.start();
  const { NetworkSettings: net } = await container.inspect();
  return new Map(
    [...relayPorts].flatMap(([port, relayPort]) => {
      const published = net.Ports[`${relayPort}/tcp`]?.[0]?.HostPort;
      return published === undefined ? [] : [[port, Number(published)] as const];
    }),
  );
}
