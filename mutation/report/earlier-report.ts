import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { MutantResult, MutantStatus, MutationTestResult } from "mutation-testing-report-schema/api";
import type { CheckRun } from "../../suites/runner/deployment-run/check-run.ts";
import type { LoadedCheck } from "../../suites/runner/load-checks.ts";
import type { Localisation } from "../campaign/localisation.ts";
import type { MutantOutcome, MutantVerdict } from "../campaign/verdict.ts";
import type { Mutant } from "../files/mutant.ts";
import { hidden } from "./report.ts";

/** The report of an earlier run; empty where there is none. */
export class EarlierReport {
  readonly #report: MutationTestResult | undefined;

  /** @param directory of the report */
  constructor(directory: string) {
    const file = join(directory, "mutation.json");
    if (existsSync(file)) this.#report = JSON.parse(readFileSync(file, "utf8")) as MutationTestResult;
  }

  /** Whether there is one. */
  get exists(): boolean {
    return this.#report !== undefined;
  }

  /** Ids of the mutants that survived. */
  get survivors(): ReadonlySet<string> {
    return new Set(this.#mutants.filter(({ status }) => status === "Survived").map(({ id }) => id));
  }

  /** Id of a mutant to the ids of the checks that killed it. */
  get killers(): ReadonlyMap<string, readonly string[]> {
    return new Map(this.#mutants.map(({ id, killedBy = [] }) => [id, killedBy]));
  }

  /**
   * The verdicts that a run now would repeat, as far as files show it (StrykerJS's incremental mode uses the same rule):
   * the mutated file has not changed; of a killed mutant, the spec files of its killers have not changed; of any other
   * mutant, no spec file has changed.
   *
   * @param options.secrets values that the report shows masked
   */
  verdicts(options: {
    folder: string;
    mutants: readonly Mutant[];
    checks: readonly LoadedCheck[];
    secrets: readonly string[];
  }): ReadonlyMap<Mutant, MutantVerdict> {
    const { folder, mutants, checks, secrets } = options;
    const verdicts = new Map<Mutant, MutantVerdict>();
    if (this.#report === undefined) return verdicts;
    const { files, testFiles = {} } = this.#report;
    const unchanged = new Set(
      Object.entries(files).flatMap(([file, { source }]) => {
        const path = join(folder, file);
        return existsSync(path) && hidden(readFileSync(path, "utf8"), secrets) === source ? [file] : [];
      }),
    );
    const specs = new Set(checks.map(({ file }) => file));
    const same = new Set([...specs].filter((file) => existsSync(file) && testFiles[file]?.source === textOf(file)));
    const known = new Map(checks.map((check) => [check.id, check]));
    const results = new Map(this.#mutants.map((result) => [result.id, result]));
    for (const mutant of mutants) {
      const result = results.get(mutant.id);
      const judged = result && verdictOf(result, mutant, known);
      const localisation = this.#localisations[mutant.id];
      const verdict = judged && (localisation === undefined ? judged : { ...judged, localisation });
      if (verdict === undefined || !unchanged.has(mutant.shown.file)) continue;
      const isKilled = verdict.outcome === "killed";
      if (isKilled ? verdict.killers.every(({ check }) => same.has(check.file)) : same.size === specs.size)
        verdicts.set(mutant, verdict);
    }
    return verdicts;
  }

  get #localisations(): Readonly<Partial<Record<string, Localisation>>> {
    const { localisations = {} } = (this.#report?.config ?? {}) as {
      localisations?: Readonly<Partial<Record<string, Localisation>>>;
    };
    return localisations;
  }

  get #mutants(): MutantResult[] {
    return Object.values(this.#report?.files ?? {}).flatMap((file) => file.mutants);
  }
}

function textOf(file: string): string {
  return readFileSync(file, "utf8");
}

const outcomes: Readonly<Partial<Record<MutantStatus, MutantOutcome>>> = {
  Killed: "killed",
  Survived: "survived",
  Timeout: "timed out",
  CompileError: "invalid",
  RuntimeError: "does not start",
};

/** Undefined for a mutant that was listed as equivalent, and for a kill by a check that does not exist any more. */
function verdictOf(
  { status, statusReason = "", killedBy = [], testsCompleted = 0, duration = 0 }: MutantResult,
  mutant: Mutant,
  known: ReadonlyMap<string, LoadedCheck>,
): MutantVerdict | undefined {
  const outcome = status === "Survived" && statusReason !== "" ? "broke a check" : outcomes[status];
  const checks = killedBy.flatMap((id) => known.get(id) ?? []);
  if (outcome === undefined || checks.length < killedBy.length || (outcome === "killed" && checks.length === 0))
    return undefined;
  // The report names the requirements before the message.
  const reason = outcome === "killed" ? statusReason.replace(/^[A-Z\d, -]+: /, "") : statusReason;
  const killers = checks.map((check) => earlierRun(check, reason));
  return { mutant, outcome, killers, checksRun: testsCompleted, reason, milliseconds: duration };
}

/** A killing check as far as the report has it: of its failure only the message. */
function earlierRun(check: LoadedCheck, message: string): CheckRun {
  const { id, title, requirements, needs } = check;
  return {
    check,
    record: {
      id,
      title,
      requirements,
      needs,
      outcome: "failed",
      duration: 0,
      failure: { summary: message.split("\n")[0] ?? "", expected: "", actual: "", message },
      rigs: [],
      evidence: [],
      findings: [],
    },
  };
}
