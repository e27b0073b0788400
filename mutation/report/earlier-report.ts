import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { MutantResult, MutantStatus, MutationTestResult } from "mutation-testing-report-schema/api";
import type { Check } from "../campaign/checks.ts";
import type { MutantOutcome, MutantVerdict } from "../campaign/verdict.ts";
import type { Mutant } from "../files/mutant.ts";
import { hidden } from "./report.ts";

/** What a run before has written; nothing where there was none. */
export class EarlierReport {
  readonly #report: MutationTestResult | undefined;

  /** @param directory that of the report */
  constructor(directory: string) {
    const file = join(directory, "mutation.json");
    if (existsSync(file)) this.#report = JSON.parse(readFileSync(file, "utf8")) as MutationTestResult;
  }

  get isThere(): boolean {
    return this.#report !== undefined;
  }

  /** Ids of the mutants that survived. */
  get survivors(): ReadonlySet<string> {
    return new Set(this.#mutants.filter(({ status }) => status === "Survived").map(({ id }) => id));
  }

  /** Id of a mutant to the ids of the checks that noticed it. */
  get killers(): ReadonlyMap<string, readonly string[]> {
    return new Map(this.#mutants.map(({ id, killedBy = [] }) => [id, killedBy]));
  }

  /**
   * What was judged then and would be judged the same now, as far as files tell (StrykerJS's incremental mode goes by the
   * same): the file that is broken has not changed; a kill still has its check, in a spec file that is the same; whatever
   * was noticed by nobody has the very same spec files to be noticed by.
   *
   * @param options.secrets values that the report shows masked
   */
  verdicts(options: {
    folder: string;
    mutants: readonly Mutant[];
    checks: readonly Check[];
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
      const verdict = result && verdictOf(result, mutant, known);
      if (verdict === undefined || !unchanged.has(mutant.shown.file)) continue;
      const noticed = verdict.fate === "killed";
      if (noticed ? verdict.killers.every(({ check }) => same.has(check.file)) : same.size === specs.size)
        verdicts.set(mutant, verdict);
    }
    return verdicts;
  }

  get #mutants(): MutantResult[] {
    return Object.values(this.#report?.files ?? {}).flatMap((file) => file.mutants);
  }
}

function textOf(file: string): string {
  return readFileSync(file, "utf8");
}

const fates: Readonly<Partial<Record<MutantStatus, MutantOutcome>>> = {
  Killed: "killed",
  Survived: "survived",
  Timeout: "timed out",
  CompileError: "invalid",
  RuntimeError: "does not start",
};

/** Undefined for what was listed as equivalent then, and for a kill by a check that is gone. */
function verdictOf(
  { status, statusReason = "", killedBy = [], testsCompleted = 0, duration = 0 }: MutantResult,
  mutant: Mutant,
  known: ReadonlyMap<string, Check>,
): MutantVerdict | undefined {
  const fate = status === "Survived" && statusReason !== "" ? "broke a check" : fates[status];
  const checks = killedBy.flatMap((id) => known.get(id) ?? []);
  if (fate === undefined || checks.length < killedBy.length || (fate === "killed" && checks.length === 0))
    return undefined;
  // The report says whose word it is before the word.
  const reason = fate === "killed" ? statusReason.replace(/^[A-Z\d, -]+: /, "") : statusReason;
  const killers = checks.map((check) => ({ check, outcome: "failed" as const, message: reason, milliseconds: 0 }));
  return { mutant, fate, killers, heard: testsCompleted, reason, milliseconds: duration };
}
