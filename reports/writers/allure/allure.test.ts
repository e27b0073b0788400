import { randomUUID } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { checkOf, reportOf, reportOfChecks } from "../../model/report-fixture.ts";
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
    name: "ROUTE-03/look-alike-paths: a path that only looks public is refused",
    fullName: "ROUTE-03/look-alike-paths: a path that only looks public is refused",
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
  await generateAllure(directory, join(directory, "history"));
  const html = readFileSync(page(), "utf8");
  expect(html).toContain("LiteLLM gateway conformance");
  expect(html).toContain("allureReportDataReady");
  expect(html).not.toMatch(/gtag|googletagmanager/);
  expect(html).not.toMatch(/\b(?:src|href)="(?:https?:)?\/\//);
  expect(html.trimEnd()).toMatch(/<\/body>\s*<\/html>$/);
});

test("the environment is shown above the results, and the trend covers whole runs of the same deployment", async () => {
  const history = join(directory, "history");
  const generate = async (report: object): Promise<string> => {
    writeResult();
    writeFileSync(join(directory, "conformance.json"), JSON.stringify(report));
    await generateAllure(directory, history);
    return readFileSync(page(), "utf8");
  };
  const whole = reportOf({ "ROUTE-01": "passed" }, { parts: { litellm: "1.77.1" } });
  const html = await generate(whole);
  expect(embedded(html, "variables.json")).toContain('"litellm":"1.77.1, built"');
  await generate(whole);
  await generate({ ...whole, incomplete: "1 of 2 spec files were run" });
  await generate({ ...whole, deployment: { folder: "../other", digest: "" } });
  const lines = (name: string): number => readFileSync(join(history, name), "utf8").trimEnd().split("\n").length;
  expect(readdirSync(history).sort()).toEqual([".._other.jsonl", "deployments_reference.jsonl"]);
  expect([lines("deployments_reference.jsonl"), lines(".._other.jsonl")]).toEqual([2, 1]);
  // Every run of the trend is in every page.
  expect(readFileSync(join(history, "deployments_reference.jsonl"), "utf8")).not.toContain("parentSuite");
  expect(readFileSync(join(history, "deployments_reference.jsonl"), "utf8")).toContain('"status":"passed"');
});

/** A file that Allure embedded in its page. */
function embedded(html: string, name: string): string {
  const [, content = ""] = new RegExp(`${name}",\\s*"([^"]*)"`).exec(html) ?? [];
  return Buffer.from(content, "base64").toString();
}

test("without results there is no report", async () => {
  await generateAllure(directory, join(directory, "history"));
  expect(existsSync(page())).toBe(false);
});

test("a check whose requirement does not hold has failed; one that broke is broken", async () => {
  const { failure: _, ...broke } = checkOf("ROUTE-02", "failed", { ownFault: { name: "TypeError", message: "m" } });
  const environment = { part: "litellm", message: "m", log: [] };
  const checks = [
    checkOf("ROUTE-01", "failed"),
    broke,
    checkOf("ROUTE-03", "not-tested", { environment }),
    checkOf("ROUTE-04", "passed"),
  ];
  writeFileSync(join(directory, "conformance.json"), JSON.stringify(reportOfChecks(checks)));
  const results = checks.map(({ id, outcome }) =>
    writeResult({
      status: outcome === "passed" ? "passed" : "broken",
      statusDetails: { message: "m", trace: "CheckFailure: not what decides" },
      labels: [{ name: "check", value: id }],
    }),
  );
  await generateAllure(directory, join(directory, "history"));
  const statuses = results.map(
    (uuid) => (JSON.parse(readFileSync(resultFile(uuid), "utf8")) as { status: string }).status,
  );
  expect(statuses).toEqual(["failed", "broken", "broken", "passed"]);
});

test("the name is the verdict, and what did not pass is in a category, with its reason as its message", async () => {
  const checks = [
    checkOf("CAT-02", "known-gap", { endedAt: 5_000, duration: 2_000 }),
    checkOf("CAT-17", "not-supported"),
    checkOf("CAT-03", "failed"),
  ];
  const report = reportOfChecks(checks);
  writeFileSync(join(directory, "conformance.json"), JSON.stringify(report));
  writeFileSync(join(directory, "STATUS.md"), "# the status\n");
  const [gap = ""] = checks.map(({ id, outcome }) =>
    writeResult({
      name: id,
      fullName: id,
      status: outcome === "failed" ? "broken" : "skipped",
      start: 90_000,
      stop: 90_000,
      labels: [{ name: "check", value: id }],
    }),
  );
  await generateAllure(directory, join(directory, "history"));
  const html = readFileSync(page(), "utf8");
  expect(html).toContain("NOT CONFORMANT · deployments/reference");
  const categories = embedded(html, "categories.json");
  for (const name of ["Known gaps", "Not supported", "Failures in the deployment"]) expect(categories).toContain(name);
  expect(categories).toContain("a defect of this version");
  expect(embedded(html, "globals.json")).toContain("STATUS.md");
  expect(JSON.parse(readFileSync(resultFile(gap), "utf8"))).toMatchObject({
    uuid: "CAT-02/holds",
    start: 3_000,
    stop: 5_000,
  });
});
