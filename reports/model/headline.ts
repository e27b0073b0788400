import type { CheckOutcome } from "../../helpers/run/run-record.ts";
import type { ConformanceReport } from "./conformance-report.ts";
import type { RunVerdict } from "./outcomes.ts";

/** The outcomes in words, in the order in which reports show them. */
export const outcomeNames: Readonly<Record<CheckOutcome, string>> = {
  failed: "failed",
  "known-gap": "known gap",
  "not-supported": "not supported",
  "not-tested": "not tested",
  passed: "passed",
};

/** The verdict as a headline. */
export const verdictNames: Readonly<Record<RunVerdict, string>> = {
  conformant: "CONFORMANT",
  "not-conformant": "NOT CONFORMANT",
  "nothing-selected": "NO VERDICT: NO CHECK WAS SELECTED",
  "environment-failed": "NO VERDICT: THE ENVIRONMENT FAILED",
};

/** What the verdict and its counts need of a report. */
export type HeadlineReport = Pick<ConformanceReport, "deployment" | "result" | "incomplete" | "results" | "parts">;

/** The requirements of one level: how many there are, and how many have each outcome. */
export function countsOfLevel(
  { results }: Pick<HeadlineReport, "results">,
  level: "MUST" | "SHOULD",
): Record<CheckOutcome | "all", number> {
  const own = results.filter((one) => one.level === level);
  const sum = (outcome: CheckOutcome): number => own.reduce((total, one) => total + one[outcome], 0);
  const counts = {
    passed: sum("passed"),
    failed: sum("failed"),
    "known-gap": sum("known-gap"),
    "not-supported": sum("not-supported"),
    "not-tested": sum("not-tested"),
  };
  return { ...counts, all: Object.values(counts).reduce((total, count) => total + count, 0) };
}

/** How much of a level holds, e.g. `31 of 61 MUST hold (28 failed, 2 known gaps)`. */
export function levelText(report: Pick<HeadlineReport, "results">, level: "MUST" | "SHOULD"): string {
  const { all, passed, ...counts } = countsOfLevel(report, level);
  const rest = (["failed", "known-gap", "not-supported", "not-tested"] as const).flatMap((outcome) =>
    counts[outcome] === 0 ? [] : [countedOutcome(counts[outcome], outcome)],
  );
  return `${passed} of ${all} ${level} hold${rest.length === 0 ? "" : ` (${rest.join(", ")})`}`;
}

/** E.g. `9 known gaps`. */
export function countedOutcome(count: number, outcome: CheckOutcome): string {
  return `${count} ${outcomeNames[outcome]}${outcome === "known-gap" && count !== 1 ? "s" : ""}`;
}

/** The verdict of a run in one line, for lists of runs. */
export function summaryLine(report: HeadlineReport): string {
  const { deployment, result, incomplete } = report;
  const versions = versionsText(report);
  const counts = `${levelText(report, "MUST")}, ${levelText(report, "SHOULD")}`;
  return [
    `${deployment.folder || "no deployment"}${versions === "" ? "" : ` with ${versions}`}: ${verdictNames[result]}`,
    counts,
    ...(incomplete === null ? [] : [`incomplete: ${incomplete}`]),
  ].join("; ");
}

/** The versions that an operator chooses, e.g. `LiteLLM 1.77.1, Traefik 3.5.3`. */
export function versionsText({ parts }: Pick<HeadlineReport, "parts">): string {
  return Object.entries(partTitles)
    .flatMap(([name, title]) => {
      const version = parts.find((part) => part.name === name)?.version;
      return version === undefined ? [] : [`${title} ${version}`];
    })
    .join(", ");
}

/** The parts whose versions an operator chooses first, by their names. */
export const partTitles: Readonly<Record<string, string>> = { litellm: "LiteLLM", traefik: "Traefik" };
