import { readFile, writeFile } from "node:fs/promises";
import { checkLabel } from "../../../helpers/checks/allure.ts";
import { messageOf } from "../../model/check-result.ts";
import { type ConformanceReport, checksOf, type ReportedCheck } from "../../model/conformance-report.ts";

/** Name of the label by which Allure's categories find a check. */
export const kindLabel = "outcome";

/** The categories of checks that did not pass, in the order in which a reader wants them. */
export const kinds = [
  { kind: "deployment", name: "Failures in the deployment" },
  { kind: "version", name: "Failures of this version: measured defects" },
  { kind: "suite", name: "Checks that broke" },
  { kind: "known-gap", name: "Known gaps, accepted in known-gaps.yaml" },
  { kind: "not-supported", name: "Not supported by this version or deployment" },
  { kind: "not-tested", name: "Not tested" },
] as const;

type Kind = (typeof kinds)[number]["kind"];

/** Allure's result of one test, as far as it is read here. */
interface AllureResult {
  uuid?: string;
  status?: string;
  statusDetails?: object;
  labels?: readonly { name: string; value: string }[];
  start?: number;
  stop?: number;
}

/**
 * Gives Allure's result of a check the status, the message and the time that the report has:
 *
 * - Allure calls every error except an assertion 'broken', which means that the test itself is at fault; a check that found
 *   a requirement violated has failed.
 * - What was skipped has no message, and the time at which the run ended.
 *
 * Its uuid is the check's id, so that the first page can link to it.
 */
export async function correctResult(file: string, report: ConformanceReport | undefined): Promise<void> {
  const result = JSON.parse(await readFile(file, "utf8")) as AllureResult;
  const id = result.labels?.find(({ name }) => name === checkLabel)?.value;
  const check = report === undefined ? undefined : checksOf(report).find((one) => one.id === id);
  if (check === undefined) return;
  const kind = kindOf(check);
  const stop = check.endedAt === null ? result.stop : Date.parse(check.endedAt);
  const message = messageOf(check);
  const corrected: AllureResult = {
    ...result,
    uuid: check.id,
    ...(kind === "deployment" || kind === "version" ? { status: "failed" } : {}),
    ...(message === undefined ? {} : { statusDetails: { ...result.statusDetails, message } }),
    ...(stop === undefined ? {} : { start: stop - check.duration, stop }),
    labels: [...(result.labels ?? []), ...(kind === undefined ? [] : [{ name: kindLabel, value: kind }])],
  };
  await writeFile(file, JSON.stringify(corrected));
}

function kindOf({ outcome, failure, knownDefect }: ReportedCheck): Kind | undefined {
  switch (outcome) {
    case "passed":
      return undefined;
    case "failed":
      return failure === null ? "suite" : knownDefect === null ? "deployment" : "version";
    default:
      return outcome;
  }
}
