import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { connectEngine } from "../containers/engine/engine.ts";
import { sweep } from "../containers/engine/run-labels.ts";
import { Images } from "../containers/images/images.ts";
import { command, UsageError } from "../helpers/core/command.ts";
import { ExitCode } from "../helpers/core/errors.ts";
import { Progress } from "../helpers/core/progress.ts";
import { makeCanaries } from "../helpers/deployment/canaries.ts";
import { loadDeployment } from "../helpers/deployment/load.ts";
import { loadRequirements, type RequirementId } from "../helpers/requirements/requirements.ts";
import { tryMutants } from "./campaign/campaign.ts";
import { CheckOrder } from "./campaign/check-order.ts";
import { stageNames, stagesFor } from "./campaign/check-selection.ts";
import { allChecks } from "./campaign/checks.ts";
import { killingRequirements, type MutantVerdict, openElsewhere, score } from "./campaign/verdict.ts";
import { readEquivalents } from "./files/equivalents.ts";
import type { Mutant } from "./files/mutant.ts";
import { mutantsOf } from "./files/mutators.ts";
import { openOperatorFiles } from "./files/operator-files.ts";
import { sampleOf } from "./files/sample.ts";
import { EarlierReport } from "./report/earlier-report.ts";
import { writeReport } from "./report/report.ts";
import { summary } from "./report/summary.ts";

const usage = `usage: npm run mutate -- [options]
breaks the deployment on purpose, one fault at a time, and counts what the suite notices
  --sample N     N mutants of all kinds, the same for the same --seed (default 1)
  --only TEXT    the mutants whose kind or name holds the text; may be repeated
  --survivors    those that slipped through the last time
  --incremental  goes on from the last report: tries what it lacks, and what its files or checks have changed for
  --stage STAGE  edge: what the edge rig alone can see; gateway: the rest
  --requirement ID
                 what this requirement notices: its checks alone are heard, and the last report stays; may be repeated.
                 Exit code 1 where one noticed nothing
  --all          hear every check of a mutant, rather than end at the first that notices
  --at-least N   exit code 1 where fewer of a hundred are noticed (default 97)
  --list         name the mutants and try none`;

/** Where the report is written. */
const directory = resolve("reports/mutation");

await command(usage, async (args) => {
  const options = optionsIn(args);
  const folder = resolve(process.env.DEPLOYMENT ?? "deployments/reference");
  const deployment = await loadDeployment(folder);
  const every = await mutantsOf(openOperatorFiles(deployment));
  const equivalents = readEquivalents(folder, every);
  const before = new EarlierReport(directory);
  if (options.survivors && !before.isThere) throw new UsageError("--survivors: there is no report of a run before");
  const { requirements } = options;
  const asked = (own: readonly string[]): boolean =>
    requirements.length === 0 || own.some((id) => requirements.includes(id));
  const checks = (await allChecks()).filter((check) => asked(check.requirements));
  const hearsAll = options.all || requirements.length > 1;
  const visible = every.filter(({ kind }) => stagesFor(kind, checks).length > 0);
  const chosen = choose(visible, options, before);
  if (options.list) {
    for (const { kind, id } of chosen) console.log(`${kind} | ${id}`);
    return ExitCode.conformant;
  }
  const progress = new Progress();
  const engine = await connectEngine({ progress });
  await sweep(engine);
  const originals = new Map([...deployment.variables].map(([name, { value }]) => [name, value]));
  const secrets = deployment.policy.secrets.flatMap(({ name }) => originals.get(name) ?? []);
  const known = options.incremental
    ? before.verdicts({ folder, mutants: every, checks, secrets })
    : new Map<Mutant, MutantVerdict>();
  const interrupted = interruption(progress);
  const { verdicts, sound, failure } = await tryMutants(
    chosen.filter((mutant) => !equivalents.has(mutant.id) && (options.survivors || !known.has(mutant))),
    checks,
    {
      engine,
      images: new Images(engine, { mode: "auto", progress }),
      folder,
      canaries: makeCanaries(deployment.policy, originals),
      order: new CheckOrder(before.killers, every),
      // Of several requirements each is asked what it notices, whoever is the first.
      all: hearsAll,
      progress,
    },
    { only: options.stage, interrupted },
  );
  const shown = options.incremental ? every : chosen;
  const all = shown.flatMap((mutant): MutantVerdict[] => {
    const reason = equivalents.get(mutant.id);
    if (reason !== undefined) return [{ mutant, fate: "equivalent", killers: [], heard: 0, reason, milliseconds: 0 }];
    const verdict = verdicts.get(mutant) ?? known.get(mutant);
    if (verdict === undefined) return [];
    return [requirements.length > 0 ? openElsewhere(verdict) : verdict];
  });
  // A few checks alone decide no mutant.
  if (requirements.length === 0)
    writeReport(directory, { folder, verdicts: all, checks, secrets, wanted: options.wanted });
  const tried = [
    ...new Set([...sound.flatMap(({ requirements }) => requirements), ...all.flatMap(killingRequirements)]),
  ];
  console.log(`\n${summary(all, { all: hearsAll, tried, asked: requirements })}`);
  if (all.length < shown.length) console.log(`${shown.length - all.length} of ${shown.length} mutants were not tried`);
  if (requirements.length === 0) console.log(`report: ${directory}/index.html, mutation.json`);
  if (failure !== undefined) console.error(failure.message);
  if (interrupted.aborted || failure !== undefined) return ExitCode.environmentFailed;
  if (requirements.length > 0) {
    const noticed = new Set(all.flatMap(killingRequirements));
    return requirements.every((id) => noticed.has(id)) ? ExitCode.conformant : ExitCode.notConformant;
  }
  return (score(all) ?? 0) * 100 >= options.wanted ? ExitCode.conformant : ExitCode.notConformant;
});

/** Ctrl-C: what was judged until then is reported. */
function interruption(progress: Progress): AbortSignal {
  const controller = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.once(signal, () => {
      progress.line(`${signal}: removing the parts; the report holds what was judged until now`);
      controller.abort();
    });
  }
  return controller.signal;
}

interface Options {
  all: boolean;
  list: boolean;
  survivors: boolean;
  incremental: boolean;
  sample: number | undefined;
  seed: string;
  only: readonly string[];
  stage: string | undefined;
  /** Those whose checks alone are heard; none for all. */
  requirements: readonly string[];
  /** How many of a hundred must be noticed. */
  wanted: number;
}

/** @throws {UsageError} */
function optionsIn(args: readonly string[]): Options {
  const values = parsed(args);
  const { sample, stage, requirement: requirements, "at-least": wanted, ...rest } = values;
  if (sample !== undefined && !(Number(sample) > 0)) throw new UsageError(`--sample ${sample} is no number of mutants`);
  if (stage !== undefined && !stageNames.some((name) => name === stage))
    throw new UsageError(`--stage ${stage} is none of ${stageNames.join(", ")}`);
  if (rest.all && rest.incremental)
    throw new UsageError("--all hears checks anew that --incremental spares: one of them alone");
  for (const id of requirements) {
    if (!loadRequirements().has(id as RequirementId))
      throw new UsageError(`--requirement ${id} is none of requirements.md`);
  }
  if (requirements.length > 0 && rest.incremental)
    throw new UsageError("--requirement hears few checks, which decide no mutant that --incremental could go on from");
  if (Number.isNaN(Number(wanted))) throw new UsageError(`--at-least ${wanted} is no number`);
  return {
    ...rest,
    stage,
    requirements,
    sample: sample === undefined ? undefined : Number(sample),
    wanted: Number(wanted),
  };
}

function parsed(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        all: { type: "boolean", default: false },
        list: { type: "boolean", default: false },
        survivors: { type: "boolean", default: false },
        incremental: { type: "boolean", default: false },
        sample: { type: "string" },
        seed: { type: "string", default: "1" },
        only: { type: "string", multiple: true, default: [""] },
        stage: { type: "string" },
        requirement: { type: "string", multiple: true, default: [] },
        "at-least": { type: "string", default: "97" },
      },
    }).values;
  } catch (error) {
    throw new UsageError((error as Error).message.split("\n")[0] ?? "");
  }
}

function choose(
  every: readonly Mutant[],
  { survivors, only, sample, seed }: Options,
  before: EarlierReport,
): readonly Mutant[] {
  const named = every.filter(
    ({ id, kind }) => only.some((text) => `${kind} | ${id}`.includes(text)) && (!survivors || before.survivors.has(id)),
  );
  return sample === undefined ? named : sampleOf(named, sample, seed);
}
