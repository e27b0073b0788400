import { resolve } from "node:path";
import { connectEngine } from "../containers/engine/engine.ts";
import { removeDeadRuns } from "../containers/engine/removal.ts";
import { Images } from "../containers/images/images.ts";
import { ExitCode, UsageError } from "../helpers/core/errors.ts";
import type { RunConfig } from "../helpers/core/run-config.ts";
import { Progress } from "../helpers/core/terminal/progress.ts";
import { loadDeployment } from "../helpers/deployment/load.ts";
import { makeCanaries } from "../helpers/deployment/source/canaries.ts";
import type { Deployment } from "../helpers/deployment/types.ts";
import type { RequirementId } from "../helpers/requirements/requirements.ts";
import { type LoadedCheck, loadChecks } from "../suites/runner/load-checks.ts";
import { type Campaign, type CampaignContext, runCampaign } from "./campaign/campaign.ts";
import { CheckOrder } from "./campaign/check-order.ts";
import { type StageName, stagesFor } from "./campaign/check-selection.ts";
import { lastResults } from "./campaign/last-run.ts";
import { killingRequirements, type MutantVerdict, score, undecidedIfSurvived } from "./campaign/verdict.ts";
import { readEquivalents } from "./files/equivalents.ts";
import type { Mutant } from "./files/mutant.ts";
import { mutantsOf } from "./files/mutators.ts";
import { openOperatorFiles } from "./files/operator-files.ts";
import { sampleOf } from "./files/sample.ts";
import { EarlierReport } from "./report/earlier-report.ts";
import { writeReport } from "./report/report.ts";
import { summary } from "./report/summary.ts";

/** Where the report is written. */
const directory = resolve("reports/mutation");

/** What `mutate` does; see cli/mutate.ts for the flags. */
export interface MutateOptions {
  /** Run every check of a mutant, rather than stop at the first that detects it. */
  all?: boolean;
  /** Print the mutants and try none. */
  list?: boolean;
  /** Only the mutants that survived the last run. */
  survivors?: boolean;
  /** Reuse the verdicts of the last report where neither the mutated file nor the checks have changed. */
  incremental?: boolean;
  /** How many mutants of all kinds; all when absent. */
  sample?: number;
  /** Of the sample. */
  seed: string;
  /** Only the mutants whose kind or id contains one of these texts; all when absent. */
  only?: readonly string[];
  stage?: StageName;
  /** Only checks that prove one of these requirements; all checks when absent. */
  requirements?: readonly RequirementId[];
  /** How many of a hundred mutants must be detected. */
  minimumScore: number;
}

/**
 * Breaks the deployment, one fault at a time, counts what the suite detects, and writes the report.
 *
 * @returns the exit code
 * @throws {UsageError} for options that contradict each other
 * @throws {DeploymentError} when the unmodified deployment is invalid
 * @throws {EnvironmentError} when there is no engine, or the unmodified deployment does not start
 */
export async function mutate(options: MutateOptions, config: RunConfig): Promise<number> {
  assertCombination(options);
  const plan = await planOf(options, config);
  if (options.list) {
    for (const { kind, id } of plan.chosen) console.log(`${kind} | ${id}`);
    return ExitCode.conformant;
  }
  const result = await runPlan(plan, options, config);
  const { requirements = [], minimumScore } = options;
  const isLimited = requirements.length > 0;
  const verdicts = finalVerdicts(plan, result, options);
  const { every, chosen, checks, secrets } = plan;
  // The checks of a few requirements decide no mutant.
  if (!isLimited) writeReport(directory, { folder: config.deployment, verdicts, checks, secrets, minimumScore });
  const killing = new Set(verdicts.flatMap(killingRequirements));
  const tried = [...new Set([...result.passing.flatMap((check) => check.requirements), ...killing])];
  console.log(`\n${summary(verdicts, { all: runsAll(options), tried, requested: requirements })}`);
  const expected = options.incremental ? every.length : chosen.length;
  if (verdicts.length < expected) console.log(`${expected - verdicts.length} of ${expected} mutants were not tried`);
  if (!isLimited) console.log(`report: ${directory}/index.html, mutation.json`);
  if (result.failure !== undefined) console.error(result.failure.message);
  if (result.isInterrupted || result.failure !== undefined) return ExitCode.environmentFailed;
  const isEnough = isLimited
    ? requirements.every((id) => killing.has(id))
    : (score(verdicts) ?? 0) * 100 >= minimumScore;
  return isEnough ? ExitCode.conformant : ExitCode.notConformant;
}

/** @throws {UsageError} */
function assertCombination({ all, incremental, requirements = [] }: MutateOptions): void {
  if (all && incremental)
    throw new UsageError("--all and --incremental exclude each other: --all runs checks that --incremental skips");
  if (requirements.length > 0 && incremental)
    throw new UsageError(
      "--requirement and --incremental exclude each other: the checks of a few requirements decide no mutant",
    );
}

/** Of several requirements each shows what it detects, not only the first to detect a mutant. */
function runsAll({ all = false, requirements = [] }: MutateOptions): boolean {
  return all || requirements.length > 1;
}

/** What is to be tried. */
interface Plan {
  deployment: Deployment;
  /** Values of the variables as they are in the operator's env file. */
  originals: ReadonlyMap<string, string>;
  /** The operator's own secrets, which no report may show. */
  secrets: readonly string[];
  every: readonly Mutant[];
  chosen: readonly Mutant[];
  checks: readonly LoadedCheck[];
  /** Mutants that mean the same as the unmodified deployment: id to reason. */
  equivalents: ReadonlyMap<string, string>;
  earlier: EarlierReport;
  /** Verdicts of the earlier report that are still valid. */
  known: ReadonlyMap<Mutant, MutantVerdict>;
}

async function planOf(options: MutateOptions, { deployment: folder, clients, versions }: RunConfig): Promise<Plan> {
  const { requirements = [] } = options;
  const deployment = await loadDeployment(folder, { versions });
  const originals = new Map([...deployment.variables].map(([name, { value }]) => [name, value]));
  const secrets = deployment.policy.secrets.flatMap(({ name }) => originals.get(name) ?? []);
  const every = await mutantsOf(openOperatorFiles(deployment));
  const equivalents = readEquivalents(folder, every);
  const earlier = new EarlierReport(directory);
  if (options.survivors && !earlier.exists) throw new UsageError("--survivors: there is no report of an earlier run");
  const checks = (await loadChecks()).filter((check) => {
    if (clients !== "all" && check.needs.includes("heavy-clients")) return false;
    return requirements.length === 0 || check.requirements.some((id) => requirements.includes(id));
  });
  const detectable = every.filter(({ kind }) => stagesFor(kind, checks).length > 0);
  const chosen = choose(detectable, options, earlier);
  const known = options.incremental
    ? earlier.verdicts({ folder, mutants: every, checks, secrets })
    : new Map<Mutant, MutantVerdict>();
  return { deployment, originals, secrets, every, chosen, checks, equivalents, earlier, known };
}

/** @throws {UsageError} where `--only` names no mutant */
function choose(
  mutants: readonly Mutant[],
  { survivors, only = [], sample, seed }: MutateOptions,
  earlier: EarlierReport,
): readonly Mutant[] {
  const named = mutants.filter(
    ({ id, kind }) => only.length === 0 || only.some((text) => `${kind} | ${id}`.includes(text)),
  );
  if (named.length === 0 && only.length > 0)
    throw new UsageError(
      `--only: no mutant has ${only.join(" or ")} in its kind or name; --list without --only prints all`,
    );
  const left = named.filter(({ id }) => !survivors || earlier.survivors.has(id));
  return sample === undefined ? left : sampleOf(left, sample, seed);
}

async function runPlan(
  { deployment, originals, every, chosen, checks, equivalents, earlier, known }: Plan,
  options: MutateOptions,
  config: RunConfig,
): Promise<Campaign & { isInterrupted: boolean }> {
  const progress = new Progress();
  const engine = await connectEngine({ progress });
  await removeDeadRuns(engine);
  const interrupted = interruption(progress);
  const queue = chosen.filter((mutant) => !equivalents.has(mutant.id) && (options.survivors || !known.has(mutant)));
  const context: CampaignContext = {
    engine,
    images: new Images(engine, { ...config.images, progress }),
    config,
    canaries: makeCanaries(deployment.policy, originals, deployment.literals),
    order: new CheckOrder(earlier.killers, every),
    known: lastResults(deployment, config),
    all: runsAll(options),
    progress,
    interrupted,
  };
  const campaign = await runCampaign(queue, checks, context, options.stage);
  return { ...campaign, isInterrupted: interrupted.aborted };
}

/** Ctrl-C: the report contains what was judged until then. */
function interruption(progress: Progress): AbortSignal {
  const controller = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.once(signal, () => {
      progress.line(`${signal}: removing the parts; the report will contain what was judged until now`);
      controller.abort();
    });
  }
  return controller.signal;
}

/** One verdict for each mutant that has one: of this campaign, of the earlier report, or from the list of equivalents. */
function finalVerdicts(
  { every, chosen, equivalents, known }: Plan,
  { verdicts }: Campaign,
  { incremental, requirements = [] }: MutateOptions,
): MutantVerdict[] {
  return (incremental ? every : chosen).flatMap((mutant): MutantVerdict[] => {
    const reason = equivalents.get(mutant.id);
    if (reason !== undefined)
      return [{ mutant, outcome: "equivalent", killers: [], checksRun: 0, reason, milliseconds: 0 }];
    const verdict = verdicts.get(mutant) ?? known.get(mutant);
    if (verdict === undefined) return [];
    return [requirements.length > 0 ? undecidedIfSurvived(verdict) : verdict];
  });
}
