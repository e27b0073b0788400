import type { ActionLog } from "../../../helpers/checks/action-log.ts";
import type { Executed, ExecuteOptions } from "../../engine/command.ts";
import type { Engine } from "../../engine/engine.ts";
import { execute } from "../../parts/container-command.ts";
import type { RigState } from "../../rigs/rig.ts";
import { partOf } from "./parts-of-rig.ts";

/** What a recorded command left behind, with the id that a failure's evidence names it by. */
export interface RecordedCommand extends Executed {
  id: string;
  command: readonly string[];
}

/** Runs a command on a machine of a rig, with standard input closed, and records its result; see {@link execute}. */
export async function recordedCommand(
  { engine, state, actions }: { engine: Engine; state: RigState; actions: ActionLog },
  part: string,
  command: readonly string[],
  options: ExecuteOptions = {},
): Promise<RecordedCommand> {
  const { environment = {}, workingDir, user } = options;
  const at = new Date().toISOString();
  const run = actions.begin({ at, rig: state.rig, part, command, environment, workingDir, user });
  const began = performance.now();
  const executed = await execute(engine, partOf(state, part).containerId, command, options);
  const { exitCode, stdout, stderr } = executed;
  Object.assign(run, { exitCode, stdout, stderr, milliseconds: performance.now() - began });
  return { ...executed, id: run.id, command };
}
