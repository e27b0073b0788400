import { randomUUID } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { checkLabel } from "../../helpers/checks/allure.ts";
import { writeReport } from "../../mutation/report/report.ts";
import { decided, killer, verdictOf } from "../../mutation/report/verdict-fixture.ts";
import { exampleReport } from "../../onboard/report/report-fixture.ts";
import { writeReports } from "../../onboard/report/write-reports.ts";
import { serialize } from "../../reports/model/conformance-json.ts";
import { checksOf } from "../../reports/model/conformance-report.ts";
import { richReport } from "../../reports/model/report-fixture.ts";
import { writePage } from "../../reports/page/write-page.ts";
import { publishRun } from "../../reports/publish/publish-run.ts";
import { generateAllure } from "../../reports/writers/allure/allure.ts";

/** A page of the report that a browser opens. */
export interface ExamplePage {
  /** Relative to the folder of all pages. */
  path: string;
  /** Whose layout it is: of pages that a library lays out, clipped text is the library's choice. */
  layout: "own" | "allure" | "mutation";
}

/**
 * Writes one page of each kind that the suite has, with something of everything that it can show.
 *
 * @param folder an empty one
 */
export async function writeExamplePages(folder: string): Promise<ExamplePage[]> {
  const kinds = ["conformant", "not-conformant"] as const;
  for (const [minute, kind] of kinds.entries()) {
    const directory = join(folder, kind);
    const report = richReport(kind, minute);
    mkdirSync(directory);
    writeFileSync(join(directory, "conformance.json"), serialize(report));
    writeFileSync(join(directory, "STATUS.md"), "# The status\n");
    writePage(report, directory);
    await publishRun(directory, join(folder, "site"), kinds.length);
  }
  await writeAllurePage(join(folder, "not-conformant"), join(folder, "history"));
  writeReport(join(folder, "mutation"), {
    folder: resolve("deployments/reference"),
    verdicts: [...decided, "undecided" as const].map((outcome) => verdictOf(outcome, outcome)),
    checks: [killer],
    secrets: [],
    minimumScore: 97,
  });
  writeReports(join(folder, "onboarding"), exampleReport());
  return [
    ...[...kinds, "site"].map((name) => ({ path: `${name}/index.html`, layout: "own" as const })),
    { path: "not-conformant/html/index.html", layout: "allure" },
    { path: "mutation/index.html", layout: "mutation" },
    { path: "onboarding/index.html", layout: "own" },
  ];
}

/** Allure's page, from results as a run's Allure reporter leaves them: with labels, a step, an attached text and a link. */
async function writeAllurePage(directory: string, history: string): Promise<void> {
  const folder = join(directory, "allure-results");
  mkdirSync(folder);
  mkdirSync(join(directory, "evidence"));
  writeFileSync(join(directory, "evidence", "wire.json"), "[]");
  const report = richReport("not-conformant", 1);
  for (const { id, outcome, duration } of checksOf(report)) {
    const source = `${randomUUID()}-attachment.txt`;
    const skipped = outcome !== "passed" && outcome !== "failed";
    writeFileSync(join(folder, source), `what ${id} left\n`);
    const result = {
      uuid: randomUUID(),
      name: `${id}: what it shows`,
      fullName: id,
      status: skipped ? "skipped" : outcome,
      stage: "finished",
      start: 0,
      stop: duration,
      steps: [
        { name: "without a key: GET http://gateway.lan/ → 401 from Traefik", status: "passed", start: 0, stop: 1 },
      ],
      attachments: [{ name: "commands.json", source, type: "text/plain" }],
      links: [{ name: "evidence/wire.json", url: "../evidence/wire.json" }],
      labels: [
        { name: "parentSuite", value: "routes" },
        { name: "suite", value: id.split("/")[0] },
        { name: checkLabel, value: id },
      ],
    };
    writeFileSync(join(folder, `${result.uuid}-result.json`), JSON.stringify(result));
  }
  await generateAllure(directory, history);
}
