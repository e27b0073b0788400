import type { Acts, CommandRun } from "../helpers/acts.ts";
import { partOf } from "./edge.ts";
import type { Engine } from "./engine.ts";
import { type Executed, type ExecuteOptions, execute } from "./part.ts";
import type { RigState } from "./rig.ts";

/** Runs a command on a machine of a rig, with standard input closed, and keeps what came of it; see {@link execute}. */
export async function recordedRun(
  { engine, state, acts }: { engine: Engine; state: RigState; acts: Acts },
  part: string,
  command: readonly string[],
  options: ExecuteOptions = {},
): Promise<Executed> {
  const { environment = {}, workingDir, user } = options;
  const begun = { at: new Date().toISOString(), rig: state.rig, part, command, environment, workingDir, user };
  const run: CommandRun = { ...begun, exitCode: undefined, stdout: "", stderr: "" };
  acts.commands.push(run);
  const executed = await execute(engine, partOf(state, part).containerId, command, options);
  const { exitCode, stdout, stderr } = executed;
  Object.assign(run, { exitCode, stdout, stderr });
  return executed;
}
