import { ActionLog } from "../../helpers/checks/action-log.ts";
import { EnvironmentError, ExitCode } from "../../helpers/core/errors.ts";
import type { RunConfig } from "../../helpers/core/run-config.ts";
import type { Progress } from "../../helpers/core/terminal/progress.ts";
import type { Canaries } from "../../helpers/deployment/source/canaries.ts";
import type { Deployment } from "../../helpers/deployment/types.ts";
import { RecordingClient } from "../../helpers/protocol/recording-client.ts";
import { connectEngine } from "../engine/engine.ts";
import { removeDeadRuns, removeRun } from "../engine/removal.ts";
import { newRun } from "../engine/run-labels.ts";
import { Images } from "../images/images.ts";
import { createNetworks } from "../networks/network.ts";
import { startPart } from "../parts/start-part.ts";
import type { RigName, RigState } from "../rigs/rig.ts";
import { RigPool } from "../rigs/rig-pool.ts";
import { rigStarters } from "../rigs/rig-starters.ts";
import { Gateway } from "../targets/gateway.ts";
import { Once } from "../targets/providers/once.ts";
import { resolveIn } from "../targets/rig-access/parts-of-rig.ts";

/** What a command works with that starts rigs to ask them something, and runs no check. */
export interface ShortRunOptions {
  config: RunConfig;
  /** Loaded with the canaries in place of its secrets. */
  deployment: Deployment;
  canaries: Canaries;
  progress: Progress;
}

/** The rigs of a {@link shortRun}. */
export interface ShortRun {
  /** @throws {EnvironmentError} when a part does not start */
  rig(name: RigName): Promise<RigState>;
  /** The gateway of the gateway rig. */
  gateway(): Promise<Gateway>;
}

/**
 * Starts rigs as they are asked for, and removes everything at the end, also after a signal.
 *
 * @throws {EnvironmentError} when there is no engine; and what `use` throws
 */
export async function shortRun<Result>(
  { config, deployment, canaries, progress }: ShortRunOptions,
  use: (run: ShortRun) => Promise<Result>,
): Promise<Result> {
  const engine = await connectEngine({ progress });
  await removeDeadRuns(engine);
  const run = newRun({ keep: false });
  const images = new Images(engine, { ...config.images, progress });
  const resources = { engine, run, images, deployment, canaries, config, progress };
  const pool = new RigPool({
    starters: rigStarters(resources),
    progress,
    startPart: (rig, plan) => startPart(resources, rig, plan),
    createNetworks: (rig, plans) => createNetworks(engine, run, rig, plans),
  });
  const gateway = async (): Promise<Gateway> => {
    const state = await pool.rig("gateway");
    const http = new RecordingClient("init", resolveIn(state, deployment));
    return new Gateway({ engine, deployment, canaries, once: new Once(), state, http, actions: new ActionLog() });
  };
  const remove = async (reason: string): Promise<void> => {
    pool.stop(new EnvironmentError(reason));
    await pool.retire(() => removeRun(engine, run.id));
  };
  const onSignal = (signal: NodeJS.Signals): void => {
    progress.line(`${signal}: removing the parts`);
    void remove(`interrupted by ${signal}`).finally(() => process.exit(ExitCode.environmentFailed));
  };
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
  for (const signal of signals) process.once(signal, onSignal);
  try {
    return await use({ rig: (name) => pool.rig(name), gateway });
  } finally {
    await remove("everything was asked");
    for (const signal of signals) process.off(signal, onSignal);
  }
}
