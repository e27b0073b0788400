import type { Engine } from "../../engine/engine.ts";
import { readLog } from "../../parts/container-log.ts";
import type { PartHandle } from "../../parts/part.ts";

/** A message of a provider that reads containers' labels, in either format of Traefik's log. */
const ofLabels = /providerName"?[=:] ?"?(?:docker|swarm)\b|\*(?:docker|swarm)\.Provider/i;

/**
 * What a rig's Traefik has written to its output about the deployment that runs. A Traefik that another deployment ran with
 * before has also logged errors of containers that are gone: Traefik reads the labels of all containers again whenever one
 * starts, so what it said about labels before the last start is left out. Its own configuration is the same for both deployments.
 *
 * @param behind the other parts of the rig
 */
export async function traefikLogOf(
  engine: Engine,
  traefik: PartHandle,
  behind: readonly PartHandle[],
): Promise<string> {
  const { containerId, isKept = false } = traefik;
  if (!isKept || behind.length === 0) return await readLog(engine, containerId);
  const lastStart = new Date(Math.max(...(await Promise.all(behind.map((part) => startOf(engine, part))))));
  const [before, since] = await Promise.all([
    readLog(engine, containerId, { until: lastStart }),
    readLog(engine, containerId, { since: lastStart }),
  ]);
  const own = before.split("\n").filter((line) => !ofLabels.test(line));
  return `${own.join("\n")}\n${since}`;
}

/** When a part's container started, in milliseconds since the epoch by the engine's clock. */
async function startOf(engine: Engine, { containerId }: PartHandle): Promise<number> {
  const { State: state } = await engine.docker.getContainer(containerId).inspect();
  return Date.parse(state.StartedAt);
}
