import { expect, test } from "vitest";
import { checkOf, failureOf, reportOfChecks, soundRecord } from "../model/report-fixture.ts";
import { runPage } from "./run-page.ts";

const page = (...[checks, change]: Parameters<typeof reportOfChecks>): string =>
  runPage(reportOfChecks(checks, change), { files: ["html/index.html"] });

/** The page as a reader gets it: without tags. */
const text = (html: string): string =>
  html
    .replace(/<style>.*?<\/style>/s, "")
    .replaceAll(/<[^>]+>/g, " ")
    .replaceAll(/\s+/g, " ");

const failed = checkOf("INJ-03", "failed", {
  failure: failureOf({
    summary: "the master key can be read in 2 places",
    expected: "the master key only in LiteLLM's environment",
    actual: "<script>alert(1)</script>",
    cause: "a label injects it",
    location: { file: "deployments/reference/compose.yaml", line: 94 },
    fix: "give the middleware a key of its own",
  }),
  failureFolder: "failures/INJ-03-holds",
});

test("the verdict, with the numbers of each level, and the failure with cause, line and fix", () => {
  const html = page([failed, checkOf("ROUTE-01", "passed")]);
  expect(text(html)).toMatch(
    /NOT CONFORMANT deployments\/reference .* MUST requirements that hold 1 of \d+ 1 failed, \d+ not tested/,
  );
  expect(text(html)).toContain(
    "INJ-03 the master key can be read in 2 places compose.yaml:94 · Fix: give the middleware a key",
  );
  expect(html).toContain('<a href="failures/INJ-03-holds/repro.sh">repro.sh</a>');
  expect(html).toContain('<a href="html/index.html">');
});

test("what a gateway answered is shown as text, and the page has no script", () => {
  const html = page([failed]);
  expect(html).toContain("&lt;script&gt;alert(1)&lt;/script&gt;");
  expect(html).not.toMatch(/<script|\son\w+=|\bsrc=|url\(/i);
});

test("a readable secret comes before a path that is not served, whatever the order of the suites", () => {
  const html = page([checkOf("ROUTE-01", "failed"), failed]);
  expect(html.indexOf('<article class="card" id="INJ-03">')).toBeLessThan(
    html.indexOf('<article class="card" id="ROUTE-01">'),
  );
});

test("a measured defect of a version is not the deployment's failure", () => {
  const knownDefect = {
    part: "litellm",
    versions: "<1.78",
    reason: "reads one page only",
    link: "https://example.org/2",
  };
  const html = page([checkOf("CAT-02", "failed", { knownDefect })]);
  expect(html).not.toContain('id="failures"');
  expect(text(html)).toMatch(/Failures of this version .* reads one page only/);
});

test("every requirement has one tile, and one place on the page that it leads to", () => {
  const html = page([failed, checkOf("CAT-02", "known-gap"), checkOf("CAT-16", "not-supported")]);
  const targets = [...html.matchAll(/<li><a class="[a-z-]+" href="#([A-Z]+-\d\d)"/g)].map(([, id]) => id);
  expect(targets).toContain("CAT-02");
  expect(new Set(targets).size).toBe(targets.length);
  for (const id of targets) expect(html.split(` id="${id}"`)).toHaveLength(2);
});

test("each known gap has a row of its own, with its link, its date and its owner", () => {
  const html = page([checkOf("CAT-02", "known-gap"), checkOf("CAT-02", "known-gap", { id: "CAT-02/other" })]);
  expect(text(html)).toMatch(
    /CAT-02\/holds a defect of this version litellm &lt;2 https:\/\/example.org\/1 2999-12-31 CAT-02\/other/,
  );
  expect(text(html)).toContain("Nothing that was tested fails; 1 requirement is a known gap");
});

test("notes on the deployment's files are shown by kind, with line and fix", () => {
  const notes = [
    {
      kind: "not-proved" as const,
      file: "compose.yaml",
      line: 7,
      what: "a plugin",
      why: "it cannot be fetched",
      fix: "remove it",
    },
    {
      kind: "finding" as const,
      file: "config.yaml",
      what: "`mcp_server` is unknown",
      why: "LiteLLM ignores it",
      fix: undefined,
    },
  ];
  const html = page([], { run: { ...soundRecord, deployment: { ...soundRecord.deployment, notes } } });
  expect(text(html)).toMatch(
    /ignores or misreads .* config.yaml mcp_server is unknown LiteLLM ignores it .* does not prove .* compose.yaml:7/,
  );
});

test("a run that ended before it began has a page that says why", () => {
  const html = page([], {
    run: undefined,
    verdict: "environment-failed",
    incomplete: "no engine answers",
    environmentFailures: [{ part: undefined, message: "no engine answers", log: ["last line"] }],
  });
  expect(text(html)).toMatch(/NO VERDICT: THE ENVIRONMENT FAILED .* no engine answers last line/);
  expect(text(html).match(/no engine answers/g)).toHaveLength(1);
  expect(text(html)).not.toContain("Incomplete");
});
