import { randomUUID } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { generateAllure } from "./allure.ts";

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "allure-"));
  mkdirSync(join(directory, "allure-results"));
});
afterEach(() => rmSync(directory, { recursive: true }));

const page = (): string => join(directory, "html", "index.html");

const resultFile = (uuid: string): string => join(directory, "allure-results", `${uuid}-result.json`);

function writeResult(change: Record<string, unknown> = {}): string {
  const uuid = randomUUID();
  const result = {
    uuid,
    name: "a path that only looks public is not",
    fullName: "a path that only looks public is not",
    status: "passed",
    stage: "finished",
    start: 0,
    stop: 1,
    labels: [
      { name: "parentSuite", value: "routes" },
      { name: "suite", value: "ROUTE-03" },
    ],
  };
  writeFileSync(resultFile(uuid), JSON.stringify({ ...result, ...change }));
  return uuid;
}

test("the report is one file that loads nothing from elsewhere", async () => {
  writeResult();
  await generateAllure(directory);
  const html = readFileSync(page(), "utf8");
  expect(html).toContain("LiteLLM gateway conformance");
  expect(html).toContain("allureReportDataReady");
  expect(html).not.toMatch(/gtag|googletagmanager/);
  expect(html).not.toMatch(/\b(?:src|href)="(?:https?:)?\/\//);
  expect(html.trimEnd()).toMatch(/<\/body>\s*<\/html>$/);
});

test("where there are no results there is no report", async () => {
  await generateAllure(directory);
  expect(existsSync(page())).toBe(false);
});

test("a check that found the gateway at fault has failed; what threw anything else is broken", async () => {
  const broken = (trace: string): string => writeResult({ status: "broken", statusDetails: { message: "m", trace } });
  const results = [
    broken("CheckFailure: not refused\n    at …"),
    broken("TypeError: no property\n    at …"),
    broken("EnvironmentError: litellm did not start"),
    writeResult(),
  ];
  await generateAllure(directory);
  const statuses = results.map(
    (uuid) => (JSON.parse(readFileSync(resultFile(uuid), "utf8")) as { status: string }).status,
  );
  expect(statuses).toEqual(["failed", "broken", "broken", "passed"]);
});
