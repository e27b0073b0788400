import { EnvironmentError } from "../../helpers/core/errors.ts";
import type { Progress } from "../../helpers/core/terminal/progress.ts";
import type { Column } from "../observe/undecided.ts";

/**
 * What a column saw. Where the machine was starved, so that it says nothing, the candidate is asked again when nothing else runs.
 *
 * @throws {EnvironmentError} when that says nothing either
 */
export async function decided<Seen>(
  name: string,
  { seen, again }: Column<Seen>,
  progress: Pick<Progress, "line">,
  reason: (seen: Seen) => string | undefined,
): Promise<Seen> {
  const first = reason(seen);
  if (first === undefined) return seen;
  progress.line(`${name} is asked again, alone: ${first}`);
  const repeated = await again();
  const second = reason(repeated);
  if (second === undefined) return repeated;
  throw new EnvironmentError(`${name} can't be judged: ${second}, twice; run it again on an idle machine`);
}
