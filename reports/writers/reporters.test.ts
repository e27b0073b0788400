import { describe, expect, test } from "vitest";
import { loadRequirements } from "../../helpers/requirements/requirements.ts";
import { soundRecord } from "../model/report-fixture.ts";
import { runFixture } from "./run-fixture.ts";

/** One check that passes: what goes wrong beside it must not hide behind it. */
const passing = `test("holds", proves("ROUTE-01"), ({ task }) => { task.meta.evidence = ["evidence/wire.json"]; });`;
const specs = (text: string): Record<string, string> => ({ "specs/routes/some.spec.ts": `${passing}\n${text}` });

test("a run in which every check passes is conformant, and quiet", async () => {
  const { exitCode, output, report } = await runFixture({ specs: specs("") });
  expect(exitCode).toBe(0);
  expect(report).toMatchObject({ result: "conformant", incomplete: null, faults: [], counts: { passed: 1 } });
  const all = loadRequirements().size;
  expect(report?.requirements).toHaveLength(all);
  expect(report?.requirements[0]).toMatchObject({
    id: "ROUTE-01",
    outcome: "passed",
    checks: [{ name: "holds", file: "specs/routes/some.spec.ts", outcome: "passed", evidence: ["evidence/wire.json"] }],
  });
  expect(output.split("\n")[0]).toMatch(/^✓ routes +1 passed/);
  expect(output).toContain(`1 passed, 0 failed, 0 known gaps, 0 not supported, ${all - 1} not tested (of ${all})`);
  expect(output).toContain("\nCONFORMANT");
});

test("failures are told in full, with a stack trace only where the suite itself is at fault", async () => {
  const { exitCode, output, report } = await runFixture({
    specs: specs(`
      test("refuses", proves("ROUTE-02"), () => { throw new CheckFailure({ what: "not refused", sent: "GET /x", received: "200" }); });
      test("is equal", proves("ROUTE-03"), () => { expect({ a: 1 }).toEqual({ a: 2 }); });
      test("is broken itself", proves("ROUTE-04"), () => { undefined.property; });`),
  });
  expect(exitCode).toBe(1);
  expect(report).toMatchObject({ result: "not-conformant", counts: { passed: 1, failed: 3 } });
  expect(output).toMatch(
    /✗ refuses.*\n {2}ROUTE-02 MUST: .*\n {2}not refused\n {4}sent: +GET \/x\n {4}received: +200\n/,
  );
  expect(output).toMatch(/- {3}"a": 2,\n {2}\+ {3}"a": 1,/);
  expect(output.match(/the suite's own fault/g)).toHaveLength(1);
  expect(output.match(/^ {2}at .*some\.spec\.ts:\d+$/gm)).toHaveLength(1);
  expect(output).toContain("ROUTE-02, ROUTE-03, ROUTE-04");
  expect(output, "colours in a pipe").not.toContain("\x1b[");
});

test("known gaps and what is not supported are neither passed nor failed", async () => {
  const { exitCode, report, output } = await runFixture({
    specs: specs(`
      test("gap", proves("ROUTE-02"), ({ task, skip }) => { task.meta.knownGap = "as known"; skip(); });
      test("unsupported", proves("ROUTE-03"), ({ task, skip }) => { task.meta.notSupported = "no such feature"; skip(); });
      test("skipped", proves("ROUTE-04"), ({ skip }) => skip());`),
  });
  expect(exitCode).toBe(0);
  expect(report?.requirements.slice(0, 4).map(({ outcome }) => outcome)).toEqual([
    "passed",
    "known-gap",
    "not-supported",
    "not-tested",
  ]);
  expect(report?.requirements[1]?.checks[0]?.message).toBe("as known");
  expect(output).toContain("1 passed, 1 known gaps, 1 not supported, 1 not run");
});

describe("what breaks outside of a check makes a run not conformant, and is named", () => {
  test.each([
    ["a check without a requirement", `test("bare", () => {});`, '"bare" names no requirement'],
    ["a file that does not load", `throw new Error("no import");`, "did not load: no import"],
    ["a hook of a file", `beforeAll(() => { throw new Error("file hook"); });`, "file hook"],
    [
      "a hook of a suite, whose checks vitest then skips",
      `describe("inner", () => { beforeAll(() => { throw new Error("inner hook"); }); test("in", proves("ROUTE-02"), () => {}); });`,
      "some.spec.ts, inner: inner hook",
    ],
    ["a suite without checks", `describe("hollow", () => {});`, "No test found in suite hollow"],
    [
      "a rejection that nobody handles",
      `test("leaks", proves("ROUTE-02"), async () => { Promise.reject(new Error("stray")); await new Promise(setImmediate); });`,
      "unhandled error: stray",
    ],
    [
      "evidence that is not there",
      `test("lies", proves("ROUTE-02"), ({ task }) => { task.meta.evidence = ["evidence/none.json"]; });`,
      "the evidence evidence/none.json",
    ],
    [
      "a failure whose folder is not there",
      `test("lies", proves("ROUTE-02"), async ({ task }) => { task.meta.failure = "failures/none"; });`,
      "failures/none",
    ],
  ])("%s", async (_, text, told) => {
    const { exitCode, output, report } = await runFixture({ specs: specs(text) });
    expect(exitCode).toBe(1);
    expect(report).toMatchObject({ result: "not-conformant", faults: [expect.stringContaining(told)] });
    expect(output).toContain(told);
    expect(output).toContain("NOT CONFORMANT");
  });
});

test("a failure of the environment comes before all others", async () => {
  const failing = `test("fails", proves("ROUTE-02"), () => { throw new CheckFailure({ what: "no" }); });`;
  const thrown = await runFixture({
    specs: specs(
      `${failing} test("no part", proves("ROUTE-03"), () => { throw new EnvironmentError("litellm did not start", { log: ["its last line"] }); });`,
    ),
  });
  expect(thrown.exitCode).toBe(3);
  expect(thrown.report?.result).toBe("environment-failed");
  expect(thrown.output).toContain("its last line");

  const recorded = await runFixture({
    specs: specs(failing),
    record: { environmentFailures: [{ part: "litellm", message: "litellm did not start", log: [] }] },
  });
  expect(recorded.exitCode).toBe(3);
  expect(recorded.report).toMatchObject({ result: "environment-failed", incomplete: "litellm did not start" });
});

test("a run of some checks says so; one of none is not conformant", async () => {
  const files = { ...specs(""), "specs/reach/other.spec.ts": `test("other", proves("REACH-01"), () => {});` };
  const some = await runFixture({ specs: files, arguments: ["specs/routes"] });
  expect(some.exitCode).toBe(0);
  expect(some.report?.incomplete).toBe("1 of 2 spec files were run");

  const named = await runFixture({ specs: files, arguments: ["-t", "other"] });
  expect(named.exitCode).toBe(0);
  expect(named.report).toMatchObject({ incomplete: "only checks named like other were run", counts: { passed: 1 } });

  for (const filter of [["specs/nothing"], ["-t", "nothing"]]) {
    const none = await runFixture({ specs: files, arguments: filter });
    expect(none.exitCode).toBe(1);
    expect(none.output).toContain("no check was run");
  }
});

test("what breaks after the last check shows in the exit code", async () => {
  const setup = `return () => { throw new Error("the parts could not be removed"); };`;
  const conformant = await runFixture({ specs: specs(""), setup });
  expect(conformant.output).toContain("the parts could not be removed");
  expect(conformant.exitCode).toBe(1);
  const failed = await runFixture({
    specs: specs(`test("no part", proves("ROUTE-02"), () => { throw new EnvironmentError("did not start"); });`),
    setup,
  });
  expect(failed.exitCode).toBe(3);
});

test("a run that left no record of itself is not conformant", async () => {
  const { exitCode, report } = await runFixture({ specs: specs(""), record: null });
  expect(exitCode).toBe(1);
  expect(report?.faults).toEqual([expect.stringContaining("run.json is missing")]);
});

test("a report that its schema refuses is an error and is not written", async () => {
  const { exitCode, output, report } = await runFixture({
    specs: specs(""),
    record: { deployment: { ...soundRecord.deployment, digest: "none" } },
  });
  expect(exitCode).toBe(1);
  expect(output).toContain("conformance.json would break its schema");
  expect(report).toBeUndefined();
});

test("a search for secrets that can't be made is a failed check of a report that is written all the same", async () => {
  const part = { version: "1.77.1", image: "i", digest: `sha256:${"0".repeat(64)}`, source: "s", containerId: "c" };
  const { exitCode, report } = await runFixture({
    specs: specs(""),
    record: { parts: [{ name: "litellm", rig: "edge", origin: "built", ...part }] },
    // Nobody answers at port 1.
    setup: `project.provide("run", { id: "r", directory, deployment: "d", rigServer: { url: "http://127.0.0.1:1", token: "t" } });`,
  });
  expect(exitCode).toBe(1);
  expect(report?.requirements.find(({ id }) => id === "INJ-09")).toMatchObject({
    outcome: "failed",
    checks: [{ message: expect.stringContaining("the search came to nothing: fetch failed") }],
  });
});

test("a known gap that is gone makes a complete run not conformant, and says where it stands", async () => {
  const part = { version: "1.77.1", image: "i", digest: `sha256:${"0".repeat(64)}`, source: "s", containerId: "c" };
  const gap = (versions: string): string =>
    `- { requirement: ROUTE-01, part: traefik, versions: "${versions}", reason: r, link: "https://example.org", until: 2999-12-31 }`;
  const run = (versions: string, rest: readonly string[] = []) =>
    runFixture({
      specs: { ...specs(""), "specs/reach/other.spec.ts": `test("other", proves("REACH-01"), () => {});` },
      arguments: rest,
      record: { parts: [{ name: "traefik", rig: "edge", origin: "built", ...part, version: "3.5.3" }] },
      setup: `
        const { createServer } = await import("node:http");
        const { writeFileSync } = await import("node:fs");
        writeFileSync(directory + "/../known-gaps.yaml", ${JSON.stringify(gap(versions))});
        const server = createServer((_, answer) => answer.end('{"leaks":[],"searched":1}'));
        await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
        const url = "http://127.0.0.1:" + server.address().port;
        project.provide("run", { id: "r", directory, deployment: directory + "/..", rigServer: { url, token: "t" } });
        return () => server.close();`,
    });
  const stale = await run("<4");
  expect(stale.exitCode).toBe(1);
  expect(stale.report).toMatchObject({ result: "not-conformant", faults: [], counts: { passed: 3, failed: 0 } });
  expect(stale.report?.staleGaps).toEqual([
    expect.stringContaining("known-gaps.yaml:1: ROUTE-01 no longer fails with traefik <4"),
  ]);
  expect(stale.output).toContain("stale known gap: known-gaps.yaml:1: ROUTE-01");
  expect(stale.status).toContain("1. Clear a known gap: known-gaps.yaml:1: ROUTE-01");

  expect((await run(">=4")).exitCode, "a gap of another version").toBe(0);
  expect((await run("<4", ["specs/routes"])).exitCode, "a run of some files").toBe(0);
});
