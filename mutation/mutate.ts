import { resolve } from "node:path";
import { connectEngine } from "../containers/engine/engine.ts";
import { removeDeadRuns } from "../containers/engine/removal.ts";
import { Images } from "../containers/images/images.ts";
import { ExitCode, UsageError } from "../helpers/core/errors.ts";
import type { RunConfig } from "../helpers/core/run-config.ts";
import { Progress } from "../helpers/core/terminal/progress.ts";
import { makeCanaries } from "../helpers/deployment/canaries.ts";
import { loadDeployment } from "../helpers/deployment/load.ts";
import type { RequirementId } from "../helpers/requirements/requirements.ts";
import { loadChecks } from "../suites/runner/load-checks.ts";
import { runCampaign } from "./campaign/campaign.ts";
import { CheckOrder } from "./campaign/check-order.ts";
import { type StageName, stagesFor } from "./campaign/check-selection.ts";
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
  all: boolean;
  /** Print the mutants and try none. */
  list: boolean;
  /** Only the mutants that survived the last run. */
  survivors: boolean;
  /** Reuse the verdicts of the last report where neither the mutated file nor the checks have changed. */
  incremental: boolean;
  /** How many mutants of all kinds; all when absent. */
  sample?: number;
  /** Of the sample. */
  seed: string;
  /** Only the mutants whose kind or id contains one of these texts; all when empty. */
  only: readonly string[];
  stage?: StageName;
  /** Only checks that prove one of these requirements; all checks when empty. */
  requirements: readonly RequirementId[];
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
  const { requirements, minimumScore } = options;
  assertCombination(options);
  const { deployment: folder } = config;
  const deployment = await loadDeployment(folder);
  const every = await mutantsOf(openOperatorFiles(deployment));
  const equivalents = readEquivalents(folder, every);
  const earlier = new EarlierReport(directory);
  if (options.survivors && !earlier.exists) throw new UsageError("--survivors: there is no report of an earlier run");
  const checks = (await loadChecks()).filter(
    (check) => requirements.length === 0 || check.requirements.some((id) => requirements.includes(id)),
  );
  const detectable = every.filter(({ kind }) => stagesFor(kind, checks).length > 0);
  const chosen = choose(detectable, options, earlier);
  if (options.list) {
    for (const { kind, id } of chosen) console.log(`${kind} | ${id}`);
    return ExitCode.conformant;
  }
  const progress = new Progress();
  const engine = await connectEngine({ progress });
  await removeDeadRuns(engine);
  const originals = new Map([...deployment.variables].map(([name, { value }]) => [name, value]));
  const secrets = deployment.policy.secrets.flatMap(({ name }) => originals.get(name) ?? []);
  const known = options.incremental
    ? earlier.verdicts({ folder, mutants: every, checks, secrets })
    : new Map<Mutant, MutantVerdict>();
  const interrupted = interruption(progress);
  // Of several requirements each shows what it detects, not only the first to detect a mutant.
  const all = options.all || requirements.length > 1;
  const { verdicts, passing, failure } = await runCampaign(
    chosen.filter((mutant) => !equivalents.has(mutant.id) && (options.survivors || !known.has(mutant))),
    checks,
    {
      engine,
      images: new Images(engine, { ...config.images, progress }),
      config,
      canaries: makeCanaries(deployment.policy, originals),
      order: new CheckOrder(earlier.killers, every),
      all,
      progress,
      interrupted,
    },
    options.stage,
  );
  const shown = options.incremental ? every : chosen;
  const final = shown.flatMap((mutant): MutantVerdict[] => {
    const reason = equivalents.get(mutant.id);
    if (reason !== undefined)
      return [{ mutant, outcome: "equivalent", killers: [], checksRun: 0, reason, milliseconds: 0 }];
    const verdict = verdicts.get(mutant) ?? known.get(mutant);
    if (verdict === undefined) return [];
    return [requirements.length > 0 ? undecidedIfSurvived(verdict) : verdict];
  });
  // The checks of a few requirements decide no mutant.
  if (requirements.length === 0) writeReport(directory, { folder, verdicts: final, checks, secrets, minimumScore });
  const killing = new Set(final.flatMap(killingRequirements));
  const tried = [...new Set([...passing.flatMap((check) => check.requirements), ...killing])];
  console.log(`\n${summary(final, { all, tried, requested: requirements })}`);
  if (final.length < shown.length)
    console.log(`${shown.length - final.length} of ${shown.length} mutants were not tried`);
  if (requirements.length === 0) console.log(`report: ${directory}/index.html, mutation.json`);
  if (failure !== undefined) console.error(failure.message);
  if (interrupted.aborted || failure !== undefined) return ExitCode.environmentFailed;
  const isEnough =
    requirements.length > 0 ? requirements.every((id) => killing.has(id)) : (score(final) ?? 0) * 100 >= minimumScore;
  return isEnough ? ExitCode.conformant : ExitCode.notConformant;
}

/** @throws {UsageError} */
function assertCombination({ all, incremental, requirements }: MutateOptions): void {
  if (all && incremental)
    throw new UsageError("--all and --incremental exclude each other: --all runs checks that --incremental skips");
  if (requirements.length > 0 && incremental)
    throw new UsageError(
      "--requirement and --incremental exclude each other: the checks of a few requirements decide no mutant",
    );
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

function choose(
  mutants: readonly Mutant[],
  { survivors, only, sample, seed }: MutateOptions,
  earlier: EarlierReport,
): readonly Mutant[] {
  const named = mutants.filter(({ id, kind }) => {
    const isNamed = only.length === 0 || only.some((text) => `${kind} | ${id}`.includes(text));
    return isNamed && (!survivors || earlier.survivors.has(id));
  });
  return sample === undefined ? named : sampleOf(named, sample, seed);
}
