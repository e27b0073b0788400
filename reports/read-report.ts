import { readFileSync } from "node:fs";
import { DeploymentError } from "../helpers/faults.ts";
import { type ConformanceReport, schemaFault } from "./conformance-json.ts";

/**
 * Reads a `conformance.json`.
 *
 * @throws {DeploymentError} with one line that says what is wrong with the file
 */
export function readReport(file: string): ConformanceReport {
  const wrong = (what: string, mend: string): never => {
    throw new DeploymentError([{ file, what, mend }]);
  };
  let text = "";
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    wrong(`can't be read (${(error as NodeJS.ErrnoException).code})`, "name the conformance.json of a run");
  }
  let report: unknown;
  try {
    report = JSON.parse(text);
  } catch (error) {
    wrong(`is no JSON (${(error as Error).message})`, "name the conformance.json of a run");
  }
  const fault = schemaFault(report);
  if (fault !== undefined)
    wrong(`is no report of this suite (${fault})`, "make it anew with this version of the suite");
  return report as ConformanceReport;
}
