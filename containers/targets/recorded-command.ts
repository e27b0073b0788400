import type { ActionLog, CommandRun } from "../../helpers/checks/action-log.ts";
import type { Engine } from "../engine/engine.ts";
import { type Executed, type ExecuteOptions, execute } from "../parts/part.ts";
import type { RigState } from "../rigs/rig.ts";
import { partOf } from "./edge.ts";

/** Runs a command on a machine of a rig, with standard input closed, and keeps what came of it; see {@link execute}. */
export async function recordedRun(
  { engine, state, actions }: { engine: Engine; state: RigState; actions: ActionLog },
  part: string,
  command: readonly string[],
  options: ExecuteOptions = {},
): Promise<Executed> {
  const { environment = {}, workingDir, user } = options;
  const begun = { at: new Date().toISOString(), rig: state.rig, part, command, environment, workingDir, user };
  const run: CommandRun = { ...begun, exitCode: undefined, stdout: "", stderr: "" };
  actions.commands.push(run);
  const executed = await execute(engine, partOf(state, part).containerId, command, options);
  const { exitCode, stdout, stderr } = executed;
  Object.assign(run, { exitCode, stdout, stderr });
  return executed;
}
