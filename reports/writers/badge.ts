import type { ConformanceReport } from "../model/conformance-report.ts";
import { countsOfLevel } from "../model/headline.ts";
import type { RunVerdict } from "../model/outcomes.ts";

const colours: Readonly<Record<RunVerdict, string>> = {
  conformant: "brightgreen",
  "not-conformant": "red",
  "environment-failed": "lightgrey",
};

/** The run as a badge, in the form of shields.io's endpoint (https://shields.io/badges/endpoint-badge). */
export function badge(report: ConformanceReport): string {
  const { all, passed } = countsOfLevel(report, "MUST");
  const { result, incomplete } = report;
  const message =
    result === "environment-failed" ? "no verdict" : `${result.replace("-", " ")}, ${passed} of ${all} MUST`;
  return `${JSON.stringify({
    schemaVersion: 1,
    label: "LiteLLM gateway",
    message: incomplete === null ? message : `${message}, incomplete`,
    color: result === "conformant" && incomplete !== null ? "yellow" : colours[result],
    isError: result !== "conformant",
  })}\n`;
}
