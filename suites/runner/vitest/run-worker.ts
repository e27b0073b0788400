import { inject } from "vitest";
import { attachEngine, type Engine } from "../../../containers/engine/engine.ts";
import type { RigName, RigState } from "../../../containers/rigs/rig.ts";
import { RigClient } from "../../../containers/run/rig-client.ts";
import type { RunSurroundings } from "../../../containers/run/session.ts";
import { RigTargets } from "../../../containers/targets/providers/rig-targets.ts";
import { runConfig } from "../../../helpers/core/run-config.ts";
import { loadDeployment } from "../../../helpers/deployment/load.ts";
import { activeGaps, type KnownGap } from "../../../helpers/requirements/known-gaps.ts";

/** What every check of a vitest worker shares: read and connected once. */
export interface RunWorker {
  server: RigClient;
  targets: RigTargets;
  secrets: ReadonlyMap<string, string>;
  surroundings: RunSurroundings;
  /** The known gaps of the versions that run. */
  activeGaps(): readonly KnownGap[];
}

let connected: Promise<RunWorker> | undefined;

/** This worker's connection to the run. */
export function runWorker(): Promise<RunWorker> {
  connected ??= connect();
  return connected;
}

async function connect(): Promise<RunWorker> {
  const run = inject("run");
  const config = runConfig();
  const server = new RigClient(run.rigServer);
  const [attached, canaries] = await Promise.all([attachEngine(), server.canaries()]);
  const engine: Engine = {
    ...attached,
    runCommand: (container, command, options) => server.execute(container, command, options),
  };
  const { secrets, literals } = canaries;
  const deployment = await loadDeployment(run.deployment, { replace: secrets, literals, versions: config.versions });
  /** Version of each part: what the configuration says first, then what was started, so that every worker decides alike. */
  const running = new Map<string, string>();
  for (const part of ["litellm", "traefik"] as const) {
    const version = config.versions[part] ?? deployment[part]?.version;
    if (version !== undefined) running.set(part, version);
  }
  const rig = async (name: RigName): Promise<RigState> => {
    const state = await server.rig(name);
    for (const { record } of Object.values(state.parts)) running.set(record.name, record.version);
    return state;
  };
  return {
    server,
    targets: new RigTargets({ engine, deployment, canaries, heavyClients: config.clients === "all", rig }),
    secrets,
    surroundings: { engine, deployment, secrets, run: run.id, config },
    activeGaps: () => activeGaps(run.knownGaps, running),
  };
}
