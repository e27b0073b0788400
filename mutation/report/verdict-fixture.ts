import { fakeCheck, fakeRun } from "../../suites/runner/deployment-run/check-run-fixture.ts";
import type { MutantOutcome, MutantVerdict } from "../campaign/verdict.ts";
import type { Mutant } from "../files/mutant.ts";

/** The check that kills a mutant of {@link verdictOf}. */
export const killer = fakeCheck("ROUTE-10/hosts");

/** Every outcome of a decided mutant. */
export const decided: readonly MutantOutcome[] = [
  "killed",
  "survived",
  "timed out",
  "invalid",
  "does not start",
  "broke a check",
  "equivalent",
];

/** A mutant of the reference's env file that ended so. */
export function verdictOf(id: string, outcome: MutantOutcome): MutantVerdict {
  const edit = { file: "litellm.env.example", start: 0, end: 1, text: "sk-change-me-master-000000000000" };
  const mutant: Mutant = { id, mutator: "m", kind: "keys", subject: "s", how: "h", shown: edit, edits: [edit] };
  const killers = outcome === "killed" ? [fakeRun(killer, "failed")] : [];
  return { mutant, outcome, killers, checksRun: 1, reason: "", milliseconds: 1 };
}
