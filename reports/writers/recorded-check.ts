import { test } from "vitest";
import { failureText } from "../../helpers/checks/check-failure.ts";
import type { CheckRecord, FailureRecord } from "../../helpers/run/run-record.ts";

/** What a check of a fixture left behind; its failure's message is made from the fields. */
export type RecordedCheck = Partial<Omit<CheckRecord, "failure">> & { failure?: Omit<FailureRecord, "message"> };

/**
 * Registers a test that leaves a record and ends as the runner's tests do. For spec files of a fixture: a report knows only
 * records, not who made them.
 */
export function recordedCheck(id: string, { failure, ...rest }: RecordedCheck = {}): void {
  const record: CheckRecord = {
    id,
    title: "it holds",
    requirements: id.split("/").slice(0, 1),
    needs: [],
    outcome: failure === undefined ? "passed" : "failed",
    duration: 1,
    rigs: [],
    evidence: [],
    findings: [],
    ...(failure === undefined ? {} : { failure: { ...failure, message: failureText(failure) } }),
    ...rest,
  };
  test(`${id}: ${record.title}`, { meta: { checkId: id } }, ({ task, skip }) => {
    task.meta.check = record;
    if (record.outcome === "passed") return;
    if (record.outcome === "failed" || record.environment !== undefined) {
      // The message is not what reports show: that is the record.
      const error = new Error("see the record");
      if (record.ownFault?.stack !== undefined) error.stack = record.ownFault.stack;
      throw error;
    }
    skip(record.reason);
  });
}
