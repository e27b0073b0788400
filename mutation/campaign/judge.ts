import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Engine } from "../../containers/engine/engine.ts";
import type { Images } from "../../containers/images/images.ts";
import { DeploymentError } from "../../helpers/core/errors.ts";
import type { RunConfig } from "../../helpers/core/run-config.ts";
import { loadDeployment } from "../../helpers/deployment/load.ts";
import { type Canaries, makeCanaries } from "../../helpers/deployment/source/canaries.ts";
import { patchedCopy } from "../../helpers/deployment/source/patched-copy.ts";
import { type CheckRun, detected } from "../../suites/runner/deployment-run/check-run.ts";
import { DeploymentRun } from "../../suites/runner/deployment-run/deployment-run.ts";
import type { PartKeeper } from "../../suites/runner/deployment-run/part-keeper.ts";
import type { LoadedCheck } from "../../suites/runner/load-checks.ts";
import { type Mutant, patchesOf } from "../files/mutant.ts";
import type { CheckOrder } from "./check-order.ts";
import { type StageName, stagesFor } from "./check-selection.ts";
import { followedBy, type Localisation, localisationOf } from "./localisation.ts";
import { type MutantVerdict, outcomeOf } from "./verdict.ts";

/** What judging mutants takes. */
export interface JudgeContext {
  engine: Engine;
  images: Images;
  /** Its deployment is the one that is mutated. */
  config: RunConfig;
  canaries: Canaries;
  /** The checks that pass on the unmodified deployment: one that fails there detects nothing. */
  checks: readonly LoadedCheck[];
  order: CheckOrder;
  /** Run every check, rather than stop at the first kill. */
  all: boolean;
}

/** How many checks of one mutant run concurrently: those of the whole gateway wait more than they compute. */
const concurrency: Readonly<Record<StageName, number>> = { edge: 1, gateway: 2 };

/**
 * Judges a mutant at one stage.
 *
 * @returns undefined when no check of that stage can detect it
 */
export async function judgeMutant(
  stage: StageName,
  mutant: Mutant,
  keeper: PartKeeper,
  context: JudgeContext,
): Promise<MutantVerdict | undefined> {
  const selected = stagesFor(mutant.kind, context.checks).find((one) => one.stage === stage);
  if (selected === undefined) return undefined;
  const began = performance.now();
  const verdict = (rest: Omit<MutantVerdict, "mutant" | "milliseconds">): MutantVerdict => ({
    mutant,
    milliseconds: performance.now() - began,
    ...rest,
  });
  const { deployment: folder } = context.config;
  using copy = patchedCopy(folder, patchesOf(folder, mutant));
  // No part of the mutant before may still be starting.
  await keeper.settle();
  try {
    const runs = await runMutated(copy.folder, mutant, stage, selected.checks, keeper, context);
    const outcome = outcomeOf(runs);
    const { killers } = outcome;
    const located = killers.length === 0 ? {} : { localisation: whereOf(mutant, killers, copy.folder, context) };
    return verdict({ ...outcome, checksRun: runs.length, ...located });
  } catch (error) {
    if (!(error instanceof DeploymentError)) throw error;
    // The folder of the copy means nothing to the reader.
    const reason = error.message.replaceAll(`${copy.folder}/`, "");
    return verdict({ outcome: "invalid", killers: [], checksRun: 0, reason });
  }
}

/** Runs all checks of a stage on the unmodified deployment. */
export async function runUnmodified(
  stage: StageName,
  checks: readonly LoadedCheck[],
  keeper: PartKeeper,
  context: Omit<JudgeContext, "checks">,
): Promise<CheckRun[]> {
  const { deployment: folder, versions } = context.config;
  const { literals } = await loadDeployment(folder, { versions });
  const deployment = await loadDeployment(folder, { replace: context.canaries.secrets, versions, literals });
  using run = new DeploymentRun({ ...context, keeper, deployment });
  await run.prepare(stage);
  return await run.runAll(checks, concurrency[stage]);
}

/**
 * Runs the checks on a mutant, in the order that promises the earliest kill.
 *
 * @throws {DeploymentError} when the loader refuses the files
 */
async function runMutated(
  folder: string,
  mutant: Mutant,
  stage: StageName,
  checks: readonly LoadedCheck[],
  keeper: PartKeeper,
  context: JudgeContext,
): Promise<CheckRun[]> {
  const { versions } = context.config;
  const asWritten = await loadDeployment(folder, { versions });
  // The mutated policy says what LiteLLM's database is given, and the checks judge by the policy as it is.
  const inDatabase = mutant.kind === "grants";
  const originals = new Map([...asWritten.variables].map(([name, { value }]) => [name, value]));
  // Secrets that share one value in the env file share one in the run: a mutant of that file has canaries of its own.
  const canaries =
    mutant.kind === "keys" ? makeCanaries(asWritten.policy, originals, asWritten.literals) : context.canaries;
  const deployment = await loadDeployment(inDatabase ? context.config.deployment : folder, {
    replace: canaries.secrets,
    versions,
    literals: asWritten.literals,
  });
  const registered = inDatabase ? { registered: asWritten.policy } : {};
  using run = new DeploymentRun({ ...context, keeper, deployment, canaries, ...registered });
  await run.prepare(stage);
  const runs = await run.runAll(context.order.sort(mutant, checks), concurrency[stage], (checkRun) => {
    const where = detected(checkRun) ? whereOf(mutant, [checkRun], folder, context) : undefined;
    context.order.learn(mutant, checkRun, where === "first" || where === "later");
    return checkRun.record.environment === undefined && (context.all || !detected(checkRun));
  });
  // A symptom counts with its cause, as a report shows them.
  const followed = new Set(runs.filter(detected).flatMap(followedBy));
  const unrun = checks.filter(({ id }) => followed.has(id) && !runs.some(({ check }) => check.id === id));
  return [...runs, ...(await run.runAll(unrun, concurrency[stage]))];
}

/** @param folder the mutated copy */
function whereOf(
  mutant: Mutant,
  killers: readonly CheckRun[],
  folder: string,
  { config: { deployment } }: JudgeContext,
): Localisation {
  const read = (file: string): string => readFileSync(join(deployment, file), "utf8");
  return localisationOf({ mutant, killers, folder: mutant.kind === "grants" ? resolve(deployment) : folder, read });
}
