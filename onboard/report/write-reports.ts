import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { GateReport } from "../gate/report.ts";
import { junitText } from "./junit.ts";
import { pageText } from "./page.ts";
import { sarifText } from "./sarif.ts";
import { checkReport } from "./schema.ts";
import { terminalText } from "./terminal.ts";

/**
 * Writes every form of the gate's result into a folder.
 *
 * @returns the paths
 */
export function writeReports(folder: string, report: GateReport): string[] {
  mkdirSync(folder, { recursive: true });
  checkReport(report);
  const files: Record<string, string> = {
    "onboarding.json": `${JSON.stringify(report, null, 2)}\n`,
    "onboarding.txt": terminalText(report),
    "junit.xml": junitText(report),
    "results.sarif": sarifText(report),
    "index.html": pageText(report),
  };
  return Object.entries(files).map(([name, text]) => {
    const path = join(folder, name);
    writeFileSync(path, text);
    return path;
  });
}
