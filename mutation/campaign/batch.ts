import { EnvironmentError } from "../../helpers/core/errors.ts";
import type { Progress } from "../../helpers/core/terminal/progress.ts";
import { type CheckRun, messageOf } from "../../suites/runner/deployment-run/check-run.ts";
import type { PartKeeper } from "../../suites/runner/deployment-run/part-keeper.ts";
import type { Mutant } from "../files/mutant.ts";
import type { StageName } from "./check-selection.ts";
import { type JudgeContext, judgeMutant, runUnmodified } from "./judge.ts";
import { killingRequirements, type MutantVerdict, unconfirmed } from "./verdict.ts";

/** Some of the mutants that are tried at a stage. */
export interface Batch {
  mutants: readonly Mutant[];
  /** How many came before them. */
  from: number;
  /** How many there are in all. */
  of: number;
}

/** What judging a batch takes. */
export interface BatchContext extends JudgeContext {
  progress: Progress;
  /** Ends the batch; what it has not confirmed is undecided. */
  interrupted: AbortSignal;
}

/** What each worker has judged. */
type Judged = ReadonlyMap<PartKeeper, MutantVerdict[]>;

/**
 * Judges mutants, one worker for each keeper, then re-runs the killing checks on the unmodified deployment. Where this
 * ends early, a kill that is not confirmed is undecided.
 *
 * @returns the failure that ended it early, instead of throwing it
 */
export async function judgeBatch(
  stage: StageName,
  batch: Batch,
  keepers: readonly PartKeeper[],
  context: BatchContext,
): Promise<{ verdicts: readonly MutantVerdict[]; failure: EnvironmentError | undefined }> {
  const judged: Judged = new Map(keepers.map((keeper) => [keeper, []]));
  let failure: EnvironmentError | undefined;
  try {
    await judgeAll(stage, batch, judged, context);
    const verdicts = context.interrupted.aborted ? [] : await confirmed(stage, judged, context);
    // A check that was interrupted has failed because its parts were removed.
    if (!context.interrupted.aborted) return { verdicts, failure };
  } catch (error) {
    if (!(error instanceof EnvironmentError)) throw error;
    failure = error;
  }
  return { verdicts: [...judged.values()].flat().map(unconfirmed), failure };
}

async function judgeAll(
  stage: StageName,
  { mutants, from, of }: Batch,
  judged: Judged,
  context: BatchContext,
): Promise<void> {
  const which = mutants.length === of ? `${of} mutants` : `mutants ${from + 1} to ${from + mutants.length} of ${of}`;
  await context.progress.during(`try ${which} (${stage})`, async (step) => {
    let done = from;
    const waiting = [...mutants];
    const work = async ([keeper, verdicts]: [PartKeeper, MutantVerdict[]]): Promise<void> => {
      for (let mutant = waiting.shift(); mutant !== undefined; mutant = waiting.shift()) {
        if (context.interrupted.aborted) return;
        const verdict = await judgeMutant(stage, mutant, keeper, context);
        if (context.interrupted.aborted) return;
        step.note(`${++done} of ${of}`);
        if (verdict === undefined) continue;
        verdicts.push(verdict);
        context.progress.line(lineOf(verdict));
      }
    };
    await Promise.all([...judged].map(work));
  });
}

function lineOf(verdict: MutantVerdict): string {
  const by = verdict.outcome === "killed" ? ` by ${killingRequirements(verdict).join(", ")}` : "";
  return `${verdict.outcome}${by}: ${verdict.mutant.id} (${(verdict.milliseconds / 1000).toFixed(1)} s)`;
}

/**
 * Every killing check is re-run on the unmodified deployment, on the same parts: parts are kept from mutant to mutant, and
 * what one mutant left in them can make a check fail on the next. A check that fails there now has detected nothing.
 */
async function confirmed(stage: StageName, judged: Judged, context: BatchContext): Promise<MutantVerdict[]> {
  const what = `re-run every killing check on the unmodified deployment (${stage})`;
  return await context.progress.during(what, async () => {
    const confirming = [...judged].map(async ([keeper, verdicts]) => {
      const killers = new Set(verdicts.flatMap((verdict) => verdict.killers.map(({ check }) => check)));
      if (killers.size === 0) return verdicts;
      await keeper.settle();
      const runs = await runUnmodified(stage, [...killers], keeper, context);
      const failing = new Map(
        runs.filter(({ record }) => record.outcome !== "passed").map((run) => [run.check.id, run]),
      );
      return verdicts.map((verdict) => withoutFalseKills(verdict, failing, context.progress));
    });
    return (await Promise.all(confirming)).flat();
  });
}

/** @param failing checks that fail on the unmodified deployment now, by id */
function withoutFalseKills(
  verdict: MutantVerdict,
  failing: ReadonlyMap<string, CheckRun>,
  progress: Progress,
): MutantVerdict {
  const killers = verdict.killers.filter(({ check }) => !failing.has(check.id));
  const [first] = verdict.killers;
  if (first === undefined || killers.length === verdict.killers.length) return verdict;
  if (killers.length > 0) return { ...verdict, killers };
  const run = failing.get(first.check.id);
  const now = run === undefined ? "" : (messageOf(run.record).split("\n")[0] ?? "");
  const reason = `${first.check.id} failed on the mutant, and then on the unmodified deployment too: ${now}`;
  progress.line(`not confirmed: ${verdict.mutant.id}: ${reason}`);
  return { ...verdict, outcome: "broke a check", killers, reason };
}
