import { describe, expect, test } from "vitest";
import { checkOf, failureOf, reportOfChecks } from "../model/report-fixture.ts";
import { badge } from "./badge.ts";
import { junitXml } from "./junit.ts";
import { resultsSarif } from "./results-sarif.ts";

const location = { file: "deployments/reference/my compose.yaml", line: 12 };
const failed = checkOf("ROUTE-03", "failed", {
  failure: failureOf({
    summary: "failed in 3 cases",
    expected: "",
    actual: "",
    cases: [
      {
        summary: "/uix gets through",
        code: "not-refused",
        expected: "401",
        actual: "200 <ok>\u0000",
        location,
        fix: "write Path()",
      },
      { summary: "/uiy gets through", expected: "401", actual: "200", location },
      { summary: "/api gets through", expected: "401", actual: "200" },
    ],
  }),
});

/** A catalogue without a server's tools, and a call that fails for that reason. */
const oneFault = [
  checkOf("CAT-02", "failed", {
    failure: failureOf({ summary: "tools are missing", code: "missing-tools", expected: "2", actual: "0", location }),
  }),
  checkOf("CAT-04", "failed", {
    failure: failureOf({ summary: "a call fails", expected: "text", actual: "an error", follows: "CAT-02/holds" }),
  }),
];
const root = "follows from CAT-02: tools are missing (deployments/reference/my compose.yaml:12)";

describe("results.sarif", () => {
  const run = (...checks: Parameters<typeof reportOfChecks>[0]) =>
    JSON.parse(resultsSarif(reportOfChecks(checks))).runs[0];

  test("has one result for each line, at the line, with the fix", () => {
    const { results, tool } = run(failed);
    expect(results.map((one: { message: { text: string } }) => one.message.text)).toEqual([
      "/uix gets through\nexpected: 401\nfound: 200 <ok>\u0000\nfix: write Path()\nand 1 more",
      "/api gets through\nexpected: 401\nfound: 200",
    ]);
    expect(results[0].locations[0].physicalLocation).toEqual({
      artifactLocation: { uri: "deployments/reference/my%20compose.yaml" },
      region: { startLine: 12 },
    });
    expect(results[1].locations[0].physicalLocation.artifactLocation.uri).toBe("deployments/reference");
    expect(tool.driver.rules.map(({ id }: { id: string }) => id)).toEqual(["ROUTE-03"]);
  });

  test("has a known gap as a suppressed result, and nothing of what passed", () => {
    const { results } = run(checkOf("CAT-02", "known-gap"), checkOf("CAT-01", "passed"));
    expect(results).toMatchObject([{ ruleId: "CAT-02", suppressions: [{ kind: "external" }] }]);
  });

  test("what follows from another failure is a note with that one's line", () => {
    const { results } = run(...oneFault);
    expect(results.map(({ level }: { level: string }) => level)).toEqual(["error", "note"]);
    expect(results[0].relatedLocations).toBeUndefined();
    expect(results[1].message.text).toBe(`${root}\na call fails\nexpected: text\nfound: an error`);
    expect(results[1].relatedLocations[0].physicalLocation.region).toEqual({ startLine: 12 });
  });

  test("a SHOULD is a warning", () => {
    expect(run(checkOf("ROUTE-07", "failed")).results[0].level).toBe("warning");
  });
});

describe("junit.xml", () => {
  const report = reportOfChecks([
    failed,
    checkOf("CAT-02", "known-gap", { title: 'a "name" & more' }),
    checkOf("CAT-17", "not-supported"),
    checkOf("CAT-01", "passed"),
  ]);

  test("has each check by its id, and why one was skipped", () => {
    const xml = junitXml(report);
    expect(xml).toContain('<property name="id" value="CAT-02/holds"/>');
    expect(xml).toContain('name="holds: a &quot;name&quot; &amp; more"');
    expect(xml).toContain(
      '<skipped message="known gap: a defect of this version (https://example.org/1, until 2999-12-31)"/>',
    );
    expect(xml).toContain('<skipped message="not supported: this version lacks it"/>');
    expect(xml).toContain('<testsuite name="catalogue" tests="3" failures="0" errors="0" skipped="2"');
  });

  test("says first what a failure follows from", () => {
    const xml = junitXml(reportOfChecks(oneFault));
    expect(xml.match(/name="follows" value="[^"]*"/g)).toEqual(['name="follows" value="CAT-02"']);
    expect(xml).toMatch(new RegExp(`<failure type="[^"]*" message="${root.replaceAll(/[()]/g, "\\$&")}">`));
  });

  test("has the run's own time, and no character that XML forbids", () => {
    const ownFault = { name: "TypeError", message: "<ok>\u0000" };
    const { failure: _, ...broke } = checkOf("ROUTE-01", "failed", { ownFault });
    const xml = junitXml(reportOfChecks([broke]));
    expect(xml).toMatch(/<testsuites [^>]*time="60\.000"/);
    expect(xml).toContain('<error type="TypeError" message="&lt;ok&gt;�">');
    expect(xml).not.toContain("\u0000");
  });

  test("a failure of the environment is an error", () => {
    const failure = { part: undefined, message: "no engine", log: [] };
    expect(junitXml(reportOfChecks([], { environmentFailures: [failure] }))).toContain('<error message="no engine"/>');
  });
});

describe("badge.json", () => {
  const of = (...given: Parameters<typeof reportOfChecks>) => JSON.parse(badge(reportOfChecks(...given)));

  test("has the verdict and the MUST requirements that hold", () => {
    expect(of([failed, checkOf("CAT-01", "passed")])).toMatchObject({
      schemaVersion: 1,
      message: expect.stringMatching(/^not conformant, 1 of \d+ MUST$/),
      color: "red",
    });
  });

  test("a run that is not whole is not green", () => {
    expect(of([checkOf("CAT-01", "passed")], { incomplete: "one file" })).toMatchObject({ color: "yellow" });
  });
});
