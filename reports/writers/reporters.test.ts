import { describe, expect, test } from "vitest";
import { loadRequirements } from "../../helpers/requirements/requirements.ts";
import type { FinalCheck } from "../../helpers/run/run-record.ts";
import { soundRecord } from "../model/report-fixture.ts";
import { runFixture } from "./run-fixture.ts";

/** One check that passes: what goes wrong next to it must not be hidden by it. */
const passing = `check("ROUTE-01/holds", { evidence: ["evidence/wire.json"] });`;
const specs = (text: string): Record<string, string> => ({ "specs/routes/some.spec.ts": `${passing}\n${text}` });

/** A part as the run's record has it. */
const part = {
  rig: "edge",
  origin: "built",
  version: "1.77.1",
  image: "i",
  digest: `sha256:${"0".repeat(64)}`,
  source: "s",
  containerId: "c",
} as const;

/** Body of a set-up whose run answers `/final-checks` with a status and a JSON text. */
function answering(status: number, finalChecks: string, knownGaps: readonly object[] = []): string {
  return `
    const { createServer } = await import("node:http");
    const server = createServer((request, response) => {
      if (request.url !== "/final-checks") return response.writeHead(404).end("{}");
      response.writeHead(${status}).end(${JSON.stringify(finalChecks)});
    });
    await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
    const url = "http://127.0.0.1:" + server.address().port;
    const knownGaps = ${JSON.stringify(knownGaps)};
    project.provide("run", { id: "r", directory, deployment: directory, knownGaps, rigServer: { url, token: "t" } });
    return () => server.close();`;
}

test("a run in which every check passes is conformant, and quiet", async () => {
  const { exitCode, output, report } = await runFixture({ specs: specs("") });
  expect(exitCode).toBe(0);
  expect(report).toMatchObject({ result: "conformant", incomplete: null, faults: [], counts: { passed: 1 } });
  const all = loadRequirements().size;
  expect(report?.requirements).toHaveLength(all);
  expect(report?.requirements[0]).toMatchObject({
    id: "ROUTE-01",
    outcome: "passed",
    checks: [
      {
        id: "ROUTE-01/holds",
        title: "it holds",
        file: "specs/routes/some.spec.ts",
        outcome: "passed",
        evidence: ["evidence/wire.json"],
      },
    ],
  });
  expect(output.split("\n")[0]).toMatch(/^✓ routes +checks: 1 passed \(done after /);
  expect(output).toMatch(/^MUST +1 of \d+ requirements hold, \d+ not tested$/m);
  expect(output.trimEnd().split("\n").slice(-2)).toEqual(["CONFORMANT", expect.stringMatching(/^file:.*index\.html$/)]);
});

test("what a program ignores in the deployment's files is shown with its line, the five that weigh most", async () => {
  const notes = Array.from({ length: 7 }, (_, index) => ({
    kind: index === 6 ? ("change" as const) : ("finding" as const),
    file: "compose.yaml",
    line: index + 1,
    what: `setting ${index} is unknown`,
    why: "LiteLLM ignores it",
    fix: "remove it",
    ...(index === 5 ? { weight: "stops" as const } : {}),
  }));
  const { output } = await runFixture({
    specs: specs(""),
    record: { deployment: { ...soundRecord.deployment, notes } },
  });
  expect(output).toMatch(/^findings +setting 5 is unknown \(compose\.yaml:6\): LiteLLM ignores it; fix: remove it$/m);
  expect(output).toMatch(/^ +setting 0 is unknown \(compose\.yaml:1\)/m);
  expect(output.match(/setting \d is unknown/g)).toHaveLength(5);
  expect(output).toMatch(/^ +and 1 more on the report's first page$/m);
});

test("a failure that many checks have in the same words is printed once, and counted", async () => {
  const failure = `{ summary: "LiteLLM does not start", fix: "start it" }`;
  const ids = ["ROUTE-02/a", "ROUTE-04/b", "ROUTE-05/c"];
  const { output, report } = await runFixture({
    specs: specs(ids.map((id) => `check("${id}", { failure: ${failure} });`).join("\n")),
  });
  expect(report).toMatchObject({ counts: { failed: 3 } });
  expect(output.match(/LiteLLM does not start/g)).toHaveLength(1);
  expect(output).toMatch(/^ROUTE-02\/a: 2 more with exactly this result$/m);
  expect(output).toContain("ROUTE-02, ROUTE-04, ROUTE-05");
});

test("failures are shown in full, with a stack trace only where the suite itself is at fault", async () => {
  const { exitCode, output, report } = await runFixture({
    specs: specs(`
      check("ROUTE-02/refuses", {
        title: "it refuses",
        failure: { summary: "not refused", evidence: { sent: "GET /x", received: "200" }, fix: "refuse it" },
      });
      const { name, message, stack } = new TypeError("no property");
      check("ROUTE-04/broken", { outcome: "failed", ownFault: { name, message, stack } });`),
  });
  expect(exitCode).toBe(1);
  expect(report).toMatchObject({ result: "not-conformant", counts: { passed: 1, failed: 2 } });
  expect(output).toMatch(
    /\n✗ it refuses {2}specs\/routes\/some\.spec\.ts\n {2}ROUTE-02\/refuses\n {2}ROUTE-02 MUST: .*\n {2}not refused\n {4}sent: +GET \/x\n {4}received: +200\n {4}fix: +refuse it\n/,
  );
  expect(output).not.toContain("see the record");
  expect(output.match(/TypeError: a fault of the suite itself/g)).toHaveLength(1);
  expect(output.match(/^ {2}at .*some\.spec\.ts:\d+$/gm)).toHaveLength(1);
  expect(output).toContain("ROUTE-02, ROUTE-04");
  expect(output, "colours in a pipe").not.toContain("\x1b[");
  expect(report?.requirements[3]?.checks).toMatchObject([
    { failure: null, ownFault: { name: "TypeError", message: "no property" } },
  ]);
});

test("known gaps and what is not supported are neither passed nor failed", async () => {
  const { exitCode, report, output } = await runFixture({
    specs: specs(`
      const gap = { reason: "as known", link: "https://example.org", until: "2999-12-31", part: "litellm", versions: "<2" };
      check("ROUTE-02/gap", { outcome: "known-gap", gap, reason: gap.reason, failure: { summary: "it fails" } });
      check("ROUTE-03/unsupported", { outcome: "not-supported", reason: "no such feature" });
      check("ROUTE-04/unmet", { outcome: "not-tested", reason: "needs a browser" });`),
  });
  expect(exitCode).toBe(0);
  expect(report?.requirements.slice(0, 4).map(({ outcome }) => outcome)).toEqual([
    "passed",
    "known-gap",
    "not-supported",
    "not-tested",
  ]);
  expect(report?.requirements[1]?.checks[0]).toMatchObject({
    reason: "as known",
    gap: { reason: "as known", until: "2999-12-31" },
    failure: { summary: "it fails" },
  });
  expect(report?.requirements[3]?.checks[0]).toMatchObject({ reason: "needs a browser" });
  expect(output).toContain("1 passed, 1 known gap, 1 not supported, 1 not tested");
});

describe("what breaks outside of a check makes a run not conformant", () => {
  test("all of it is named", async () => {
    const broken: [what: string, text: string, fault: string][] = [
      ["not-a-check", `test("bare", () => {});`, '"bare" left no record'],
      ["no-record", `test("c", { meta: { checkId: "ROUTE-02/c" } }, () => {});`, '"c" left no record'],
      ["import", `throw new Error("no import");`, "did not load: no import"],
      ["hook-of-a-file", `beforeAll(() => { throw new Error("file hook"); });`, "file hook"],
      [
        // vitest then skips the suite's checks.
        "hook-of-a-suite",
        `describe("inner", () => { beforeAll(() => { throw new Error("inner hook"); }); check("ROUTE-02/in"); });`,
        "hook-of-a-suite.spec.ts, inner: inner hook",
      ],
      ["hollow", `describe("hollow", () => {});`, "No test found in suite hollow"],
      [
        "unhandled",
        `test("leaks", { meta: { checkId: "ROUTE-02/leaks" } }, async ({ task, skip }) => {
          Promise.reject(new Error("stray"));
          await new Promise(setImmediate);
          skip();
        });`,
        "unhandled error: stray",
      ],
      [
        "evidence",
        `check("ROUTE-02/lies", { evidence: ["evidence/none.json"] });`,
        "ROUTE-02/lies: the evidence evidence/none.json is missing",
      ],
      [
        "failure-folder",
        `check("ROUTE-02/lies-too", { failureFolder: "failures/none" });`,
        "the folder of its failure is missing: failures/none",
      ],
    ];
    const files = broken.map(([what, text]) => [
      `specs/routes/${what}.spec.ts`,
      `${passing.replace("holds", what)}\n${text}`,
    ]);
    const { exitCode, output, report } = await runFixture({ specs: Object.fromEntries(files) });
    expect(exitCode).toBe(1);
    expect(report?.result).toBe("not-conformant");
    expect(output).toContain("NOT CONFORMANT");
    for (const [, , fault] of broken) {
      expect(
        report?.faults.filter((one) => one.includes(fault)),
        fault,
      ).toHaveLength(1);
      expect(output).toContain(fault);
    }
  });

  test("one of them is enough", async () => {
    const { exitCode, report } = await runFixture({ specs: specs(`test("bare", () => {});`) });
    expect(exitCode).toBe(1);
    expect(report).toMatchObject({
      result: "not-conformant",
      faults: [expect.stringContaining('"bare" left no record')],
    });
  });

  test("a test that vitest failed before it left a record", async () => {
    const { exitCode, output, report } = await runFixture({
      specs: specs(`test("ROUTE-02/late: it is in time", { timeout: 20, meta: { checkId: "ROUTE-02/late" } }, () =>
        new Promise(() => {}));`),
    });
    expect(exitCode).toBe(1);
    expect(report?.requirements[1]).toMatchObject({
      id: "ROUTE-02",
      outcome: "failed",
      checks: [
        {
          id: "ROUTE-02/late",
          title: "it is in time",
          failure: null,
          ownFault: { message: expect.stringContaining("timed out in 20ms") },
        },
      ],
    });
    expect(output).toContain("a fault of the suite itself");
  });
});

test("a failure of the environment comes before all others", async () => {
  const failing = `check("ROUTE-02/fails", { failure: { summary: "no" } });`;
  const environment = { part: "litellm", message: "litellm did not start", log: ["its last line"] };
  const untested = (id: string): string =>
    `check("${id}", { outcome: "not-tested", reason: "r", environment: ${JSON.stringify(environment)} });`;
  const thrown = await runFixture({
    specs: specs(`${failing} ${untested("ROUTE-03/one")} ${untested("ROUTE-04/other")}`),
  });
  expect(thrown.exitCode).toBe(3);
  expect(thrown.report).toMatchObject({ result: "environment-failed", environmentFailures: [environment] });
  expect(thrown.output.match(/its last line/g)).toHaveLength(1);

  const recorded = await runFixture({ specs: specs(failing), record: { environmentFailures: [environment] } });
  expect(recorded.exitCode).toBe(3);
  expect(recorded.report).toMatchObject({ result: "environment-failed", incomplete: "litellm did not start" });
});

test("a test that the environment failed before its check began is not tested", async () => {
  const { exitCode, report } = await runFixture({
    specs: specs(`test("ROUTE-02/a: it holds", { meta: { checkId: "ROUTE-02/a" } }, () => {
      throw Object.assign(new Error("the engine is gone"), { name: "EnvironmentError" });
    });`),
  });
  expect(exitCode).toBe(3);
  expect(report).toMatchObject({ result: "environment-failed", incomplete: "the engine is gone" });
  expect(report?.requirements[1]).toMatchObject({
    outcome: "not-tested",
    checks: [{ reason: "the engine is gone", ownFault: null }],
  });
});

test("evidence that could not be written is a failure of the environment", async () => {
  const { exitCode, report } = await runFixture({
    specs: specs(`check("ROUTE-02/full", { evidenceLost: "evidence/a.json: no space left" });`),
  });
  expect(exitCode).toBe(3);
  expect(report?.environmentFailures).toEqual([
    { part: null, message: "evidence could not be written: evidence/a.json: no space left", log: [] },
  ]);
});

test("what failed after the run was interrupted is not tested; what passed or was a known gap still counts", async () => {
  const gap = `{ reason: "as known", link: "https://example.org", until: "2999-12-31", part: "litellm", versions: "<2" }`;
  const { report } = await runFixture({
    specs: specs(`
      check("ROUTE-02/fails", { failure: { summary: "no" } });
      check("ROUTE-03/breaks", { outcome: "failed", ownFault: { name: "Error", message: "no" } });
      check("ROUTE-04/ends", { outcome: "not-tested", reason: "gone",
        environment: { part: "litellm", message: "gone", log: [] } });
      check("ROUTE-05/gap", { outcome: "known-gap", gap: ${gap}, failure: { summary: "it fails" } });`),
    record: {
      interruptedAt: "2026-01-01T00:00:00.000Z",
      environmentFailures: [{ part: undefined, message: "the run was interrupted by SIGINT", log: [] }],
    },
  });
  expect(report?.requirements.slice(0, 5).map(({ outcome }) => outcome)).toEqual([
    "passed",
    "not-tested",
    "not-tested",
    "not-tested",
    "known-gap",
  ]);
  for (const { checks } of report?.requirements.slice(1, 4) ?? [])
    expect(checks).toMatchObject([{ reason: "the run was interrupted", failure: null, ownFault: null }]);
  expect(report?.environmentFailures.map(({ message }) => message)).toEqual(["the run was interrupted by SIGINT"]);
});

test("a run of some checks says so; one of none is not conformant", async () => {
  const files = { ...specs(""), "specs/reachability/other.spec.ts": `check("REACH-01/other");` };
  const some = await runFixture({ specs: files, arguments: ["specs/routes"] });
  expect(some.exitCode).toBe(0);
  expect(some.report?.incomplete).toBe("1 of 2 spec files were run");

  const named = await runFixture({ specs: files, arguments: ["-t", "REACH-01/other:"] });
  expect(named.exitCode).toBe(0);
  expect(named.report).toMatchObject({
    incomplete: "only checks that match REACH-01/other: were run",
    counts: { passed: 1 },
  });
  expect(named.report?.requirements[0]?.checks).toMatchObject([
    { id: "ROUTE-01/holds", title: "it holds", outcome: "not-tested", reason: "it did not run" },
  ]);

  for (const filter of [["specs/nothing"], ["-t", "nothing"]]) {
    const none = await runFixture({ specs: files, arguments: filter });
    expect(none.exitCode).toBe(2);
    expect(none.output).toContain("no check was run");
    expect(none.output).not.toContain("NOT CONFORMANT");
  }
});

test("what breaks after the last check shows in the exit code", async () => {
  const setup = `return () => { throw new Error("the parts could not be removed"); };`;
  const conformant = await runFixture({ specs: specs(""), setup });
  expect(conformant.output).toContain("the parts could not be removed");
  expect(conformant.exitCode).toBe(1);
  const failed = await runFixture({
    specs: specs(`check("ROUTE-02/a", { outcome: "not-tested", environment: { message: "did not start", log: [] } });`),
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
  expect(output).toContain("conformance.json would not match its schema");
  expect(report).toBeUndefined();
});

describe("the checks that the main process runs last", () => {
  const record: FinalCheck["record"] = {
    id: "INJ-09/secrets-in-place",
    requirements: ["INJ-09"],
    title: "no secret is out of place",
    needs: ["secretSearch"],
    outcome: "failed",
    duration: 2_000,
    failure: {
      summary: "a secret is out of place",
      expected: "no secret out of place",
      actual: "1 secret out of place",
      message: "a secret is out of place",
    },
    rigs: [],
    evidence: [],
    findings: [],
  };
  const file = "suites/injected-key/secrets-in-place.final.ts";
  const parts = [{ name: "traefik", ...part }];

  test("are part of the report, and their failures are shown", async () => {
    const { exitCode, output, report } = await runFixture({
      specs: specs(""),
      record: { parts },
      setup: answering(200, JSON.stringify([{ record, file }])),
    });
    expect(exitCode).toBe(1);
    const requirement = report?.requirements.find(({ id }) => id === "INJ-09");
    expect(requirement).toMatchObject({
      outcome: "failed",
      checks: [{ id: "INJ-09/secrets-in-place", file, duration: 2_000 }],
    });
    expect(String(report?.run.finishedAt) >= String(requirement?.checks[0]?.endedAt), "the run's time has theirs").toBe(
      true,
    );
    expect(output).toContain(`✗ no secret is out of place  ${file}\n  INJ-09/secrets-in-place\n  INJ-09 MUST: `);
  });

  test.each([
    ["with an error", answering(500, '{"name":"Error","message":"no engine"}'), "no engine"],
    [
      "not at all",
      // Nothing listens on port 1.
      `project.provide("run", { id: "r", directory, deployment: "d", knownGaps: [], rigServer: { url: "http://127.0.0.1:1", token: "t" } });`,
      "connect ECONNREFUSED 127.0.0.1:1",
    ],
  ])("are a fault of the run where it answers %s; the report is still written", async (_, setup, error) => {
    const { exitCode, report } = await runFixture({ specs: specs(""), record: { parts }, setup });
    expect(exitCode).toBe(1);
    expect(report).toMatchObject({
      result: "not-conformant",
      faults: [expect.stringContaining(`the final checks did not run: ${error}`)],
    });
  });

  test("are not asked for where no part was started", async () => {
    const { exitCode, report } = await runFixture({ specs: specs(""), setup: answering(500, "{}") });
    expect(exitCode).toBe(0);
    expect(report?.faults).toEqual([]);
  });
});

test("a known gap that no longer fails makes a complete run not conformant, and is shown with its line", async () => {
  const gap = {
    requirement: "ROUTE-01",
    part: "traefik",
    reason: "r",
    link: "https://example.org",
    until: "2999-12-31",
    location: { file: "deployments/d/known-gaps.yaml", line: 7 },
  };
  const run = (versions: string, rest: readonly string[] = []) =>
    runFixture({
      specs: { ...specs(""), "specs/reachability/other.spec.ts": `check("REACH-01/other");` },
      arguments: rest,
      record: { parts: [{ name: "traefik", ...part, version: "3.5.3" }] },
      setup: answering(200, "[]", [{ ...gap, versions }]),
    });
  const stale = await run("<4");
  expect(stale.exitCode).toBe(1);
  expect(stale.report).toMatchObject({ result: "not-conformant", faults: [], counts: { passed: 2, failed: 0 } });
  const message = expect.stringContaining("deployments/d/known-gaps.yaml:7: ROUTE-01 no longer fails with traefik <4");
  expect(stale.report?.staleGaps).toEqual([
    { requirement: "ROUTE-01", check: null, part: "traefik", versions: "<4", location: gap.location, message },
  ]);
  expect(stale.output).toContain("stale known gap: deployments/d/known-gaps.yaml:7: ROUTE-01");
  expect(stale.status).toContain("- Remove a stale known gap: deployments/d/known-gaps.yaml:7: ROUTE-01");

  expect((await run(">=4")).exitCode, "a gap of another version").toBe(0);
  expect((await run("<4", ["specs/routes"])).exitCode, "a run of some files").toBe(0);
});
