import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { connectEngine } from "../containers/engine.ts";
import { Images } from "../containers/images.ts";
import { sweep } from "../containers/run.ts";
import { makeCanaries } from "../helpers/canaries.ts";
import { loadDeployment } from "../helpers/deployment/load.ts";
import { ExitCode } from "../helpers/faults.ts";
import { Progress } from "../helpers/progress.ts";
import { command } from "../reports/command.ts";
import { allChecks, type Check } from "./checks.ts";
import { readEquivalents } from "./equivalents.ts";
import { CheckOrder, hearAsItIs, judgeOn } from "./judge.ts";
import type { Mutant } from "./mutant.ts";
import { mutantsOf } from "./mutators.ts";
import { openOperatorFiles } from "./operator-files.ts";
import { PartKeeper } from "./part-keeper.ts";
import { survivorsOf, writeReport } from "./report.ts";
import { sampleOf } from "./sample.ts";
import { type StageName, stageNames, stagesFor } from "./sight.ts";
import { summary } from "./summary.ts";
import { leakSearch } from "./trial.ts";
import { killingRequirements, score, type Verdict } from "./verdict.ts";

/** How many deployments are tried side by side: they wait as much as they compute. */
const benches: Readonly<Record<StageName, number>> = { edge: 3, gateway: 2 };

const progress = new Progress();

const usage = `usage: npm run mutate -- [options]
breaks the deployment on purpose, one fault at a time, and counts what the suite notices
  --sample N     N mutants of all kinds, the same for the same --seed (default 1)
  --only TEXT    the mutants whose kind or name holds the text
  --survivors    those that slipped through the last time
  --stage STAGE  edge: what the edge rig alone can see; gateway: the rest
  --all          hear every check of a mutant, rather than end at the first that notices
  --at-least N   exit code 1 where fewer of a hundred are noticed (default 97)
  --list         name the mutants and try none`;

async function main(args: readonly string[]): Promise<number> {
  const { values: options } = parseArgs({
    args: [...args],
    options: {
      all: { type: "boolean", default: false },
      sample: { type: "string" },
      seed: { type: "string", default: "1" },
      only: { type: "string", default: "" },
      survivors: { type: "boolean", default: false },
      stage: { type: "string" },
      "at-least": { type: "string", default: "97" },
      list: { type: "boolean", default: false },
    },
  });
  const directory = resolve("reports/mutation");
  const folder = resolve(process.env.DEPLOYMENT ?? "deployments/reference");
  const asWritten = await loadDeployment(folder);
  const originals = new Map([...asWritten.variables].map(([name, { value }]) => [name, value]));
  const every = await mutantsOf(openOperatorFiles(asWritten));
  const equivalents = readEquivalents(folder, every);
  const survivors = options.survivors ? survivorsOf(directory) : undefined;
  const named = every.filter(
    ({ id, kind }) => `${kind} | ${id}`.includes(options.only) && (survivors === undefined || survivors.has(id)),
  );
  const chosen = options.sample === undefined ? named : sampleOf(named, Number(options.sample), options.seed);
  if (options.list) {
    for (const { kind, id } of chosen) console.log(`${kind} | ${id}`);
    return ExitCode.conformant;
  }

  const engine = await connectEngine({ progress });
  await sweep(engine);
  const images = new Images(engine, { mode: "auto", progress });
  const canaries = makeCanaries(asWritten.policy, originals);
  const order = new CheckOrder();
  const court = { engine, images, folder, canaries, order, all: options.all };
  const verdicts = new Map<Mutant, Verdict>();
  const toTry = chosen.filter((mutant) => {
    const reason = equivalents.get(mutant.id);
    if (reason === undefined) return true;
    verdicts.set(mutant, { mutant, fate: "equivalent", killers: [], heard: 0, reason, milliseconds: 0 });
    return false;
  });

  const checks = await allChecks();
  const sound: Check[] = [];
  for (const stage of stageNames) {
    if (options.stage !== undefined && options.stage !== stage) continue;
    const queue = toTry.filter((mutant) => {
      const seen = verdicts.get(mutant);
      const open = seen === undefined || seen.fate === "survived" || (options.all && seen.fate === "killed");
      return open && stagesFor(mutant.kind, checks).some((one) => one.stage === stage);
    });
    if (queue.length === 0) continue;
    const keepers = Array.from({ length: Math.min(benches[stage], queue.length) }, () => new PartKeeper(engine));
    try {
      const [first] = keepers;
      const own = stagesFor("versions", checks).find((one) => one.stage === stage)?.checks ?? [];
      if (first === undefined) continue;
      const asItIs = await progress.during(`hear ${own.length} checks on the deployment as it is (${stage})`, () =>
        hearAsItIs(stage, own, first, court),
      );
      for (const saying of asItIs) {
        order.learnCost(saying);
        if (saying.outcome === "passed") sound.push(saying.check);
        else progress.line(`${saying.check.id} does not pass as it is, so it can notice nothing: ${saying.message}`);
      }
      await progress.during(`try ${queue.length} mutants (${stage})`, async (step) => {
        let done = 0;
        const waiting = [...queue];
        await Promise.all(
          keepers.map(async (keeper) => {
            for (let mutant = waiting.shift(); mutant !== undefined; mutant = waiting.shift()) {
              const verdict = await judgeOn(stage, mutant, keeper, { ...court, checks: sound });
              step.note(`${++done} of ${queue.length}`);
              if (verdict === undefined) continue;
              const before = verdicts.get(mutant);
              verdicts.set(mutant, before === undefined ? verdict : together(before, verdict));
              tell(verdict);
            }
          }),
        );
      });
    } finally {
      await Promise.all(keepers.map((keeper) => keeper[Symbol.asyncDispose]()));
    }
  }

  const all = chosen.flatMap((mutant) => verdicts.get(mutant) ?? []);
  const wanted = Number(options["at-least"]);
  writeReport(directory, {
    folder,
    verdicts: all,
    checks: [...checks, leakSearch],
    secrets: asWritten.policy.secrets.flatMap(({ name }) => originals.get(name) ?? []),
    wanted,
  });
  const tried = [...new Set(sound.flatMap(({ requirements }) => requirements))];
  console.log(`\n${summary(all, { all: options.all, tried })}`);
  console.log(`report: ${directory}/index.html, mutation.json`);
  return (score(all) ?? 0) * 100 >= wanted ? ExitCode.conformant : ExitCode.notConformant;
}

/** What the checks of two rigs said of one mutant. */
function together(before: Verdict, after: Verdict): Verdict {
  const killers = [...before.killers, ...after.killers];
  const fate = killers.length > 0 ? "killed" : after.fate;
  const reason = before.fate === "killed" ? before.reason : after.reason;
  const heard = before.heard + after.heard;
  return { ...after, fate, killers, reason, heard, milliseconds: before.milliseconds + after.milliseconds };
}

function tell(verdict: Verdict): void {
  const by = verdict.fate === "killed" ? ` by ${killingRequirements(verdict).join(", ")}` : "";
  progress.line(`${verdict.fate}${by}: ${verdict.mutant.id} (${(verdict.milliseconds / 1000).toFixed(1)} s)`);
}

await command(usage, main);
