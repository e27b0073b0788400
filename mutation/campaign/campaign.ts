import { EnvironmentError } from "../../helpers/core/errors.ts";
import type { Progress } from "../../helpers/core/terminal/progress.ts";
import type { Mutant } from "../files/mutant.ts";
import { type StageName, stageNames, stagesFor } from "./check-selection.ts";
import type { Check } from "./checks.ts";
import { hearAsItIs, type JudgeContext, judgeOn } from "./judge.ts";
import type { Saying } from "./mutant-run.ts";
import { PartKeeper } from "./part-keeper.ts";
import { killingRequirements, type MutantVerdict, openElsewhere, unconfirmed } from "./verdict.ts";

/** How many deployments are tried side by side: they wait as much as they compute. */
const benches: Readonly<Record<StageName, number>> = { edge: 3, gateway: 2 };

/** So many are tried before what noticed them is heard again: more than these are never lost when a run is cut short. */
const atATime = 100;

/** Some of the mutants that are tried at a stage. */
interface Piece {
  mutants: readonly Mutant[];
  /** How many came before them. */
  from: number;
  /** Of how many in all. */
  of: number;
}

/** What became of the mutants, and which checks could have noticed. */
export interface Campaign {
  verdicts: ReadonlyMap<Mutant, MutantVerdict>;
  /** The checks that pass on the deployment as it is. */
  sound: readonly Check[];
  /** What ended it before its time; what was judged until then stands. */
  failure: EnvironmentError | undefined;
}

/**
 * Tries every mutant, stage by stage: what nothing at the edge has noticed goes on to the whole gateway.
 *
 * @param options.only one stage alone
 * @param options.interrupted ends it, with what was judged until then, and the parts removed
 * @throws {EnvironmentError} when the deployment as it is does not start; what was judged before is returned instead
 */
export async function tryMutants(
  mutants: readonly Mutant[],
  checks: readonly Check[],
  context: Omit<JudgeContext, "checks"> & { progress: Progress },
  { only, interrupted }: { only: string | undefined; interrupted: AbortSignal },
): Promise<Campaign> {
  const verdicts = new Map<Mutant, MutantVerdict>();
  const heard = new Map<StageName, Set<Mutant>>(stageNames.map((stage) => [stage, new Set()]));
  const sound: Check[] = [];
  let failure: EnvironmentError | undefined;
  for (const stage of stageNames) {
    if (interrupted.aborted || failure !== undefined || (only !== undefined && only !== stage)) continue;
    const queue = mutants.filter((mutant) => {
      const fate = verdicts.get(mutant)?.fate;
      const open = fate === undefined || fate === "survived" || (context.all && fate === "killed");
      return open && stagesFor(mutant.kind, checks).some((one) => one.stage === stage);
    });
    if (queue.length === 0) continue;
    const keepers = Array.from(
      { length: Math.min(benches[stage], queue.length) },
      () => new PartKeeper(context.engine),
    );
    // What is being judged has no parts any more, and ends at once.
    const removeAll = (): Promise<unknown> => Promise.all(keepers.map((keeper) => keeper[Symbol.asyncDispose]()));
    interrupted.addEventListener("abort", removeAll, { once: true });
    try {
      const seeing = new Set(
        queue.flatMap(({ kind }) => stagesFor(kind, checks).flatMap((one) => (one.stage === stage ? one.checks : []))),
      );
      sound.push(...(await soundChecks(stage, [...seeing], keepers, context)));
      for (let from = 0; from < queue.length && !interrupted.aborted && failure === undefined; from += atATime) {
        const piece = { mutants: queue.slice(from, from + atATime), from, of: queue.length };
        const judged = await judgePiece(stage, piece, keepers, { ...context, checks: sound, interrupted });
        failure = judged.failure;
        for (const verdict of judged.verdicts) {
          add(verdicts, verdict);
          if (verdict.fate !== "undecided") heard.get(stage)?.add(verdict.mutant);
        }
      }
    } catch (error) {
      if (!(error instanceof EnvironmentError)) throw error;
      failure = error;
    } finally {
      interrupted.removeEventListener("abort", removeAll);
      await removeAll().catch((cause: Error) => {
        failure ??= new EnvironmentError(`the parts were not removed: ${cause.message}`, { cause });
      });
    }
  }
  if (failure !== undefined && verdicts.size === 0) throw failure;
  const isOpen = (mutant: Mutant): boolean =>
    stagesFor(mutant.kind, checks).some(({ stage }) => !heard.get(stage)?.has(mutant));
  return {
    verdicts: new Map(
      [...verdicts].map(([mutant, verdict]) => [mutant, isOpen(mutant) ? openElsewhere(verdict) : verdict]),
    ),
    sound,
    failure,
  };
}

/**
 * Tries some mutants, then hears again what noticed them. Where it ends early, what was noticed and not heard again is
 * undecided.
 */
async function judgePiece(
  stage: StageName,
  piece: Piece,
  keepers: readonly PartKeeper[],
  context: JudgeContext & { progress: Progress; interrupted: AbortSignal },
): Promise<{ verdicts: readonly MutantVerdict[]; failure: EnvironmentError | undefined }> {
  const judged = new Map<PartKeeper, MutantVerdict[]>(keepers.map((keeper) => [keeper, []]));
  let failure: EnvironmentError | undefined;
  try {
    await tryAt(stage, piece, judged, context);
    const verdicts = context.interrupted.aborted ? [] : await confirmed(stage, judged, context);
    // A check that was interrupted has failed for want of its parts.
    if (!context.interrupted.aborted) return { verdicts, failure };
  } catch (error) {
    if (!(error instanceof EnvironmentError)) throw error;
    failure = error;
  }
  return { verdicts: [...judged.values()].flat().map(unconfirmed), failure };
}

/** Hears checks on the deployment as it is; those that don't pass can notice nothing. */
async function soundChecks(
  stage: StageName,
  checks: readonly Check[],
  [keeper]: readonly PartKeeper[],
  context: Omit<JudgeContext, "checks"> & { progress: Progress },
): Promise<Check[]> {
  if (keeper === undefined) return [];
  const sayings = await context.progress.during(
    `hear ${checks.length} checks on the deployment as it is (${stage})`,
    () => hearAsItIs(stage, checks, keeper, context),
  );
  return sayings.flatMap((saying) => {
    context.order.learnCost(saying);
    if (saying.outcome === "passed") return [saying.check];
    const [first = ""] = saying.message.split("\n");
    context.progress.line(`${saying.check.id} does not pass as it is, so it can notice nothing: ${first}`);
    return [];
  });
}

async function tryAt(
  stage: StageName,
  { mutants, from, of }: Piece,
  judged: ReadonlyMap<PartKeeper, MutantVerdict[]>,
  context: JudgeContext & { progress: Progress; interrupted: AbortSignal },
): Promise<void> {
  const which = mutants.length === of ? `${of} mutants` : `mutants ${from + 1} to ${from + mutants.length} of ${of}`;
  await context.progress.during(`try ${which} (${stage})`, async (step) => {
    let done = from;
    const waiting = [...mutants];
    const bench = async ([keeper, verdicts]: [PartKeeper, MutantVerdict[]]): Promise<void> => {
      for (let mutant = waiting.shift(); mutant !== undefined; mutant = waiting.shift()) {
        if (context.interrupted.aborted) return;
        const verdict = await judgeOn(stage, mutant, keeper, context);
        if (context.interrupted.aborted) return;
        step.note(`${++done} of ${of}`);
        if (verdict === undefined) continue;
        verdicts.push(verdict);
        context.progress.line(told(verdict));
      }
    };
    await Promise.all([...judged].map(bench));
  });
}

/**
 * Parts are kept from mutant to mutant, and what one mutant left in them the next may be taken for. So whatever has
 * noticed a mutant is heard once more on the deployment as it is, on the same parts: a check that fails there now has
 * noticed nothing.
 */
async function confirmed(
  stage: StageName,
  judged: ReadonlyMap<PartKeeper, MutantVerdict[]>,
  context: Omit<JudgeContext, "checks"> & { progress: Progress },
): Promise<MutantVerdict[]> {
  return await context.progress.during(`hear what noticed them on the deployment as it is (${stage})`, async () => {
    const benches = [...judged].map(async ([keeper, verdicts]) => {
      const killers = new Set(verdicts.flatMap((verdict) => verdict.killers.map(({ check }) => check)));
      if (killers.size === 0) return verdicts;
      await keeper.settle();
      const sayings = await hearAsItIs(stage, [...killers], keeper, context);
      const failing = new Map(sayings.filter(({ outcome }) => outcome !== "passed").map((one) => [one.check.id, one]));
      return verdicts.map((verdict) => withoutFalse(verdict, failing, context.progress));
    });
    return (await Promise.all(benches)).flat();
  });
}

function withoutFalse(verdict: MutantVerdict, failing: ReadonlyMap<string, Saying>, progress: Progress): MutantVerdict {
  const killers = verdict.killers.filter(({ check }) => !failing.has(check.id));
  const [first] = verdict.killers;
  if (first === undefined || killers.length === verdict.killers.length) return verdict;
  if (killers.length > 0) return { ...verdict, killers };
  const now = failing.get(first.check.id)?.message.split("\n")[0] ?? "";
  const reason = `${first.check.id} noticed it, and failed on the deployment as it is afterwards: ${now}`;
  progress.line(`not confirmed: ${verdict.mutant.id}: ${reason}`);
  return { ...verdict, fate: "broke a check", killers, reason };
}

function add(verdicts: Map<Mutant, MutantVerdict>, verdict: MutantVerdict): void {
  const before = verdicts.get(verdict.mutant);
  verdicts.set(verdict.mutant, before === undefined ? verdict : together(before, verdict));
}

/** What the checks of two stages said of one mutant. */
function together(before: MutantVerdict, after: MutantVerdict): MutantVerdict {
  const killers = [...before.killers, ...after.killers];
  const fate = killers.length > 0 ? "killed" : after.fate;
  const reason = before.fate === "killed" ? before.reason : after.reason;
  const heard = before.heard + after.heard;
  return { ...after, fate, killers, reason, heard, milliseconds: before.milliseconds + after.milliseconds };
}

function told(verdict: MutantVerdict): string {
  const by = verdict.fate === "killed" ? ` by ${killingRequirements(verdict).join(", ")}` : "";
  return `${verdict.fate}${by}: ${verdict.mutant.id} (${(verdict.milliseconds / 1000).toFixed(1)} s)`;
}
