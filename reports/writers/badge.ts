import type { ConformanceReport } from "../model/conformance-report.ts";
import { countsOfLevel } from "../model/headline.ts";
import type { RunVerdict } from "../model/outcomes.ts";

const colours: Readonly<Record<RunVerdict, string>> = {
  conformant: "brightgreen",
  "not-conformant": "red",
  "nothing-selected": "lightgrey",
  "environment-failed": "lightgrey",
};

/** The run as a badge, in the form of shields.io's endpoint (https://shields.io/badges/endpoint-badge). */
export function badge(report: ConformanceReport): string {
  const { all, passed } = countsOfLevel(report, "MUST");
  const { result, incomplete } = report;
  const isVerdict = result === "conformant" || result === "not-conformant";
  const message = isVerdict ? `${result.replace("-", " ")}, ${passed} of ${all} MUST` : "no verdict";
  return `${JSON.stringify({
    schemaVersion: 1,
    label: "LiteLLM gateway",
    message: incomplete === null ? message : `${message}, incomplete`,
    color: result === "conformant" && incomplete !== null ? "yellow" : colours[result],
    isError: result !== "conformant",
  })}\n`;
}
