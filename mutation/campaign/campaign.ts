import { EnvironmentError } from "../../helpers/core/errors.ts";
import { messageOf } from "../../suites/runner/deployment-run/check-run.ts";
import { PartKeeper } from "../../suites/runner/deployment-run/part-keeper.ts";
import type { LoadedCheck } from "../../suites/runner/load-checks.ts";
import type { Mutant } from "../files/mutant.ts";
import { type BatchContext, judgeBatch } from "./batch.ts";
import { type StageName, stageNames, stagesFor } from "./check-selection.ts";
import { runUnmodified } from "./judge.ts";
import type { LastResult } from "./last-run.ts";
import { type MutantVerdict, undecidedIfSurvived } from "./verdict.ts";

/** How many mutants are tried concurrently: they wait as much as they compute. Each worker has parts of its own. */
const workers: Readonly<Record<StageName, number>> = { edge: 3, gateway: 2 };

/** The killing checks are re-run after so many mutants: no more than these are lost when a run is cut short. */
const batchSize = 100;

/** What a campaign takes; the checks that pass on the unmodified deployment are found by it. */
export interface CampaignContext extends Omit<BatchContext, "checks"> {
  /** What is known of checks on the unmodified deployment, by id. The others are run there first. */
  known: ReadonlyMap<string, LastResult>;
}

/** What became of the mutants, and which checks could detect them. */
export interface Campaign {
  verdicts: ReadonlyMap<Mutant, MutantVerdict>;
  /** The checks that pass on the unmodified deployment. */
  passing: readonly LoadedCheck[];
  /** What ended it early; what was judged until then is valid. */
  failure: EnvironmentError | undefined;
}

/**
 * Tries every mutant, stage by stage: a mutant that no check at the edge has detected goes on to the whole gateway.
 *
 * @param context.interrupted ends it with what was judged until then, and removes the parts
 * @param only the one stage to try; both when undefined
 * @throws {EnvironmentError} when the unmodified deployment does not start, unless something was judged before
 */
export async function runCampaign(
  mutants: readonly Mutant[],
  checks: readonly LoadedCheck[],
  context: CampaignContext,
  only: StageName | undefined,
): Promise<Campaign> {
  const verdicts = new Map<Mutant, MutantVerdict>();
  const judged = new Map<StageName, Set<Mutant>>();
  const passing: LoadedCheck[] = [];
  let failure: EnvironmentError | undefined;
  for (const stage of stageNames) {
    if (context.interrupted.aborted || failure !== undefined || (only !== undefined && only !== stage)) continue;
    const queue = mutants.filter((mutant) => {
      const outcome = verdicts.get(mutant)?.outcome;
      const isOpen = outcome === undefined || outcome === "survived" || (context.all && outcome === "killed");
      return isOpen && stagesFor(mutant.kind, checks).some((one) => one.stage === stage);
    });
    if (queue.length === 0) continue;
    const result = await runStage(stage, queue, checks, context);
    failure = result.failure;
    passing.push(...result.passing);
    for (const verdict of result.verdicts) addVerdict(verdicts, verdict);
    const decided = result.verdicts.filter(({ outcome }) => outcome !== "undecided");
    judged.set(stage, new Set(decided.map(({ mutant }) => mutant)));
  }
  if (failure !== undefined && verdicts.size === 0) throw failure;
  const isJudgedEverywhere = (mutant: Mutant): boolean =>
    stagesFor(mutant.kind, checks).every(({ stage }) => judged.get(stage)?.has(mutant));
  const final = [...verdicts].map(
    ([mutant, verdict]) => [mutant, isJudgedEverywhere(mutant) ? verdict : undecidedIfSurvived(verdict)] as const,
  );
  return { verdicts: new Map(final), passing, failure };
}

interface StageResult {
  verdicts: MutantVerdict[];
  passing: LoadedCheck[];
  failure: EnvironmentError | undefined;
}

/** Tries mutants at one stage, and removes the parts that this took. Never throws an EnvironmentError: it returns it. */
async function runStage(
  stage: StageName,
  queue: readonly Mutant[],
  checks: readonly LoadedCheck[],
  context: CampaignContext,
): Promise<StageResult> {
  const result: StageResult = { verdicts: [], passing: [], failure: undefined };
  const keepers = Array.from(
    { length: Math.min(workers[stage], queue.length) },
    () => new PartKeeper(context.engine, context.images),
  );
  // A mutant that is being judged has no parts any more, so that its checks end immediately.
  const removeAll = (): Promise<unknown> => Promise.all(keepers.map((keeper) => keeper[Symbol.asyncDispose]()));
  const { interrupted } = context;
  interrupted.addEventListener("abort", removeAll, { once: true });
  try {
    result.passing = await passingChecks(stage, checksFor(queue, stage, checks), keepers, context);
    for (let from = 0; from < queue.length && !interrupted.aborted && result.failure === undefined; from += batchSize) {
      const batch = { mutants: queue.slice(from, from + batchSize), from, of: queue.length };
      const judged = await judgeBatch(stage, batch, keepers, { ...context, checks: result.passing });
      result.failure = judged.failure;
      result.verdicts.push(...judged.verdicts);
    }
  } catch (error) {
    if (!(error instanceof EnvironmentError)) throw error;
    result.failure = error;
  } finally {
    interrupted.removeEventListener("abort", removeAll);
    await removeAll().catch((cause: Error) => {
      result.failure ??= new EnvironmentError(`the parts were not removed: ${cause.message}`, { cause });
    });
  }
  return result;
}

/** The checks of a stage that can detect one of the mutants. */
function checksFor(mutants: readonly Mutant[], stage: StageName, checks: readonly LoadedCheck[]): LoadedCheck[] {
  const kinds = new Set(mutants.map(({ kind }) => kind));
  const stages = [...kinds].flatMap((kind) => stagesFor(kind, checks));
  return [...new Set(stages.flatMap((one) => (one.stage === stage ? one.checks : [])))];
}

/** The checks that pass on the unmodified deployment; the others can detect nothing. Runs those of which it is not known. */
async function passingChecks(
  stage: StageName,
  checks: readonly LoadedCheck[],
  [keeper]: readonly PartKeeper[],
  context: CampaignContext,
): Promise<LoadedCheck[]> {
  if (keeper === undefined) return [];
  const { known, order, progress } = context;
  const unknown = checks.filter(({ id }) => !known.has(id));
  const runs =
    unknown.length === 0
      ? []
      : await progress.during(`run ${unknown.length} checks on the unmodified deployment (${stage})`, () =>
          runUnmodified(stage, unknown, keeper, context),
        );
  for (const { check, record } of runs) order.learnCost(check.id, record.duration);
  const failing = runs.filter(({ record }) => record.outcome !== "passed");
  for (const { check, record } of failing) {
    const [first = ""] = messageOf(record).split("\n");
    progress.line(`${check.id} does not pass on the unmodified deployment, so it can detect nothing: ${first}`);
  }
  const gaps: string[] = [];
  for (const { id } of checks) {
    const last = known.get(id);
    if (last === undefined) continue;
    order.learnCost(id, last.duration);
    if (!last.passed) gaps.push(id);
  }
  if (gaps.length > 0)
    progress.line(`known gaps and not supported in the last run, so that they can detect nothing: ${gaps.join(", ")}`);
  const passed = new Set(runs.filter(({ record }) => record.outcome === "passed").map(({ check }) => check.id));
  return checks.filter(({ id }) => known.get(id)?.passed ?? passed.has(id));
}

function addVerdict(verdicts: Map<Mutant, MutantVerdict>, verdict: MutantVerdict): void {
  const earlier = verdicts.get(verdict.mutant);
  verdicts.set(verdict.mutant, earlier === undefined ? verdict : combined(earlier, verdict));
}

/** The verdict of two stages on one mutant. */
function combined(earlier: MutantVerdict, later: MutantVerdict): MutantVerdict {
  const killers = [...earlier.killers, ...later.killers];
  const localisation = earlier.localisation ?? later.localisation;
  return {
    ...later,
    outcome: killers.length > 0 ? "killed" : later.outcome,
    killers,
    ...(localisation === undefined ? {} : { localisation }),
    reason: earlier.outcome === "killed" ? earlier.reason : later.reason,
    checksRun: earlier.checksRun + later.checksRun,
    milliseconds: earlier.milliseconds + later.milliseconds,
  };
}
