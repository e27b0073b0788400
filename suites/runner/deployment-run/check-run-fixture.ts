import type { CheckRecord } from "../../../helpers/run/run-record.ts";
import type { LoadedCheck } from "../load-checks.ts";
import type { CheckRun } from "./check-run.ts";

/** A check that is never run, for tests. */
export function fakeCheck(id: LoadedCheck["id"], own: Partial<LoadedCheck> = {}): LoadedCheck {
  const [requirement] = id.split("/") as [LoadedCheck["requirements"][number]];
  return {
    id,
    requirements: [requirement],
    title: `${id} holds`,
    needs: ["edge"],
    slow: false,
    alone: false,
    file: "suites/routes/access/hosts.spec.ts",
    run: async () => {},
    ...own,
  };
}

const endings = {
  passed: { outcome: "passed" },
  failed: {
    outcome: "failed",
    failure: { summary: "it fails", expected: "it holds", actual: "it does not", message: "it fails" },
  },
  "timed out": { outcome: "failed", ownFault: { name: "DeadlineError", message: "too late" } },
  broke: { outcome: "failed", ownFault: { name: "TypeError", message: "it broke" } },
  "not supported": { outcome: "not-supported", reason: "no such feature" },
  environment: {
    outcome: "not-tested",
    reason: "no engine",
    environment: { part: undefined, message: "no engine", log: [] },
  },
} as const satisfies Record<string, Partial<CheckRecord>>;

/** How a check can end. */
export type Ending = keyof typeof endings;

/** A check that was run, for tests. */
export function fakeRun(check: LoadedCheck, ending: Ending, own: Partial<CheckRecord> = {}): CheckRun {
  const { id, title, requirements, needs } = check;
  const record = { id, title, requirements, needs, duration: 10, rigs: [], evidence: [], findings: [] };
  return { check, record: { ...record, ...endings[ending], ...own } };
}
