import type { TestModule } from "vitest/node";
import type { Leak, RunRecord } from "../../helpers/run/run-record.ts";
import { askRun } from "./ask-run.ts";
import type { CheckResult } from "./outcomes.ts";

interface Search {
  leaks?: Leak[];
  searched?: number;
}

/**
 * The last check of a run (INJ-09): all that it has written is searched for its secrets, when every other check is over
 * and before anything is taken down. The main process searches, for it alone knows the values.
 *
 * @returns no check where no part was started: then there is nothing to search
 */
export async function leakCheck(modules: readonly TestModule[], run: RunRecord | undefined): Promise<CheckResult[]> {
  const descriptor = modules[0]?.project.getProvidedContext().run;
  if (descriptor === undefined || run === undefined || run.parts.length === 0 || run.interruptedAt !== undefined)
    return [];
  const began = performance.now();
  // A search that can't be made is a failed check, not the loss of the whole report.
  const answer = await askRun<Search>(descriptor, "leaks");
  const { leaks, searched = 0 } = answer;
  const check = {
    name: "each secret stands only where the policy allows it, in everything that the run has and has written",
    file: "reports/model/leak-check.ts",
    requirements: ["INJ-09"],
    duration: performance.now() - began,
    endedAt: Date.now(),
    rigs: [],
    evidence: [],
  };
  if (answer.name === "EnvironmentError") {
    const { name: errorName, message = "" } = answer;
    const environment = { part: undefined, message, log: [] };
    return [{ ...check, outcome: "not-tested", message, errorName, environment, findings: [] }];
  }
  if (leaks === undefined || searched === 0) {
    const message = `the search came to nothing: ${answer.message ?? "no source was read"}`;
    return [{ ...check, outcome: "failed", message, errorName: "Error", findings: [] }];
  }
  if (leaks.length > 0) {
    const message = ["secrets out of place:", ...leaks.map(({ secret, location }) => `  ${secret}: ${location}`)].join(
      "\n",
    );
    return [{ ...check, outcome: "failed", message, errorName: "CheckFailure", findings: [] }];
  }
  const finding = `Every secret stands only where the policy allows it: ${searched} labels, environments, logs, dumps and files were searched.`;
  return [{ ...check, outcome: "passed", message: undefined, errorName: undefined, findings: [finding] }];
}
