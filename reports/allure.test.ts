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

test("the report is one file that loads nothing from elsewhere", async () => {
  const result = {
    uuid: "7c1f1a8e-0000-4000-8000-000000000000",
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
  writeFileSync(join(directory, "allure-results", `${result.uuid}-result.json`), JSON.stringify(result));
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
