import type { Engine } from "../../containers/engine/engine.ts";
import type { Images } from "../../containers/images/images.ts";
import { DeploymentError } from "../../helpers/core/errors.ts";
import { type Canaries, makeCanaries } from "../../helpers/deployment/canaries.ts";
import { loadDeployment } from "../../helpers/deployment/load.ts";
import { patchedCopy } from "../../helpers/deployment/source/patched-copy.ts";
import { type Mutant, patchesOf } from "../files/mutant.ts";
import type { CheckOrder } from "./check-order.ts";
import { type StageName, stagesFor } from "./check-selection.ts";
import { type Check, leakSearch } from "./checks.ts";
import { MutantRun, type Saying } from "./mutant-run.ts";
import type { PartKeeper } from "./part-keeper.ts";
import { fateOf, type MutantVerdict } from "./verdict.ts";

/** What judging is done with. */
export interface JudgeContext {
  engine: Engine;
  images: Images;
  /** The deployment that is broken. */
  folder: string;
  canaries: Canaries;
  /** The checks that pass on the deployment as it is: what fails already notices nothing. */
  checks: readonly Check[];
  order: CheckOrder;
  /** Hear every check, rather than end at the first kill. */
  all: boolean;
}

let trials = 0;

/** Checks of one mutant side by side: those of the whole gateway wait more than they compute. */
const atOnce: Readonly<Record<StageName, number>> = { edge: 1, gateway: 2 };

/**
 * Tries a mutant at one stage.
 *
 * @returns undefined when the mutant can't be seen there
 */
export async function judgeOn(
  stage: StageName,
  mutant: Mutant,
  keeper: PartKeeper,
  context: JudgeContext,
): Promise<MutantVerdict | undefined> {
  const seeing = stagesFor(mutant.kind, context.checks).find((one) => one.stage === stage);
  if (seeing === undefined) return undefined;
  const began = performance.now();
  const verdict = (rest: Omit<MutantVerdict, "mutant" | "milliseconds">): MutantVerdict => ({
    mutant,
    milliseconds: performance.now() - began,
    ...rest,
  });
  using copy = patchedCopy(context.folder, patchesOf(context.folder, mutant));
  // Nothing of the mutant before may still be on its way up.
  await keeper.settle();
  try {
    const sayings = await hear(copy.folder, mutant, stage, seeing.checks, keeper, context);
    return verdict({ ...fateOf(sayings), heard: sayings.length });
  } catch (error) {
    if (!(error instanceof DeploymentError)) throw error;
    // The copy's folder is of no use to the reader.
    const reason = error.message.replaceAll(`${copy.folder}/`, "");
    return verdict({ fate: "invalid", killers: [], heard: 0, reason });
  }
}

/** Runs all checks of a stage against the deployment as it is. */
export async function hearAsItIs(
  stage: StageName,
  checks: readonly Check[],
  keeper: PartKeeper,
  context: Omit<JudgeContext, "checks">,
): Promise<Saying[]> {
  const deployment = await loadDeployment(context.folder, { replace: context.canaries.secrets });
  using trial = new MutantRun({ ...context, keeper, deployment, world: `trial-${++trials}` });
  await trial.prepare(stage);
  const sayings: Saying[] = [];
  const waiting = withoutSearch(checks);
  const hearer = async (): Promise<void> => {
    for (let check = waiting.shift(); check !== undefined; check = waiting.shift())
      sayings.push(await trial.run(check));
  };
  await Promise.all(Array.from({ length: atOnce[stage] }, hearer));
  if (checks.includes(leakSearch)) sayings.push(await trial.run(leakSearch));
  return sayings;
}

function withoutSearch(checks: readonly Check[]): Check[] {
  return checks.filter((check) => check !== leakSearch);
}

/** @throws {DeploymentError} when the loader refuses the files */
async function hear(
  folder: string,
  mutant: Mutant,
  stage: StageName,
  checks: readonly Check[],
  keeper: PartKeeper,
  context: JudgeContext,
): Promise<Saying[]> {
  const asWritten = await loadDeployment(folder);
  const originals = new Map([...asWritten.variables].map(([name, { value }]) => [name, value]));
  // Secrets that are one in the env file are one in the run: a mutant of that file has canaries of its own.
  const canaries = mutant.kind === "keys" ? makeCanaries(asWritten.policy, originals) : context.canaries;
  const deployment = await loadDeployment(folder, { replace: canaries.secrets });
  using trial = new MutantRun({ ...context, keeper, deployment, canaries, world: `trial-${++trials}` });
  await trial.prepare(stage);
  const sayings: Saying[] = [];
  const waiting = context.order.sort(mutant, withoutSearch(checks));
  let over = false;
  const hearOne = async (check: Check): Promise<void> => {
    const saying = await trial.run(check);
    sayings.push(saying);
    context.order.learn(mutant, saying);
    over ||= saying.outcome === "environment" || (saying.outcome === "failed" && !context.all);
  };
  const hearer = async (): Promise<void> => {
    for (let check = waiting.shift(); check !== undefined && !over; check = waiting.shift()) await hearOne(check);
  };
  await Promise.all(Array.from({ length: atOnce[stage] }, hearer));
  // A run makes this search once, when all else is over.
  if (!over && checks.includes(leakSearch)) await hearOne(leakSearch);
  return sayings;
}
