import { execFile, execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { parse } from "yaml";
import type { FailureDetails } from "../../helpers/checks/check-failure.ts";
import { serialize } from "../model/conformance-json.ts";
import { checkOf, failureOf, reportOf, reportOfChecks } from "../model/report-fixture.ts";
import { actionsJob, failureAnnotations, faultAnnotations, stepSummary } from "./github-actions.ts";
import { runFixture } from "./run-fixture.ts";

const job = { workspace: process.cwd(), summaryFile: undefined };

const failing = (requirement: string, details: FailureDetails) =>
  reportOfChecks([checkOf(requirement, "failed", { failure: failureOf(details) })]);

test("a job is known by GitHub's variables", () => {
  const environment = { GITHUB_ACTIONS: "true", GITHUB_WORKSPACE: "/w", GITHUB_STEP_SUMMARY: "/s" };
  expect(actionsJob(environment)).toEqual({ workspace: "/w", summaryFile: "/s" });
  expect(actionsJob({ ...environment, GITHUB_ACTIONS: undefined })).toBeUndefined();
});

const fields = { expected: "a", actual: "b" };

describe("an annotation", () => {
  test("is at the line of the deployment, and has the failure in full", () => {
    const location = { file: "deployments/a,b/compose.yaml", line: 86 };
    const [line = "", ...others] = failureAnnotations(
      failing("ROUTE-03", { ...fields, summary: "no\n100%", location }),
      job,
    );
    expect(others).toEqual([]);
    expect(line).toMatch(
      /^::error file=deployments\/a%2Cb\/compose\.yaml,line=86,title=ROUTE-03 MUST::A path .*%0A%0AROUTE-03\/holds: it holds%0Ano%0A100%25%0A {2}expected: +a%0A {2}actual: +b%0A {2}look at: +deployments\/a,b\/compose\.yaml:86$/,
    );
  });

  test("has no file where the line is outside of the repository, or no line is known", () => {
    const location = { file: "/elsewhere/compose.yaml", line: 1 };
    const outside = failureAnnotations(failing("ROUTE-03", { ...fields, summary: "no", location }), job);
    expect(outside).toEqual([expect.stringMatching(/^::error title=ROUTE-03/)]);
    expect(failureAnnotations(failing("ROUTE-03", { ...fields, summary: "no" }), job)[0]).toMatch(/^::error title=/);
  });

  test("of a requirement that MUST hold comes before those of a requirement that SHOULD", () => {
    const titles = failureAnnotations(reportOf({ "ROUTE-07": "failed", "ROUTE-08": "failed" }), job);
    expect(titles.map((line) => /title=(\S+)/.exec(line)?.[1])).toEqual(["ROUTE-08", "ROUTE-07"]);
  });

  test("of a failure that follows from another one is a notice, and names that one", () => {
    const report = reportOfChecks([
      checkOf("CAT-02", "failed", { failure: failureOf({ ...fields, summary: "no tools", code: "missing-tools" }) }),
      checkOf("CAT-04", "failed", { failure: failureOf({ ...fields, summary: "no", follows: "CAT-02/holds" }) }),
    ]);
    expect(failureAnnotations(report, job)).toEqual([
      expect.stringMatching(/^::error title=CAT-02/),
      expect.stringMatching(/^::notice title=CAT-04.*%0Afollows from CAT-02: no tools%0A/),
    ]);
  });

  test("of a stale gap is at the gap's line; of a failed environment it has the log", () => {
    const report = reportOfChecks([], {
      staleGaps: [
        {
          check: undefined,
          requirement: "CAT-04",
          code: undefined,
          cases: undefined,
          actual: undefined,
          part: "litellm",
          versions: "<2",
          reason: "r",
          link: "l",
          until: "2999-12-31",
          choice: false,
          location: { file: "deployments/d/known-gaps.yaml", line: 7 },
        },
      ],
      environmentFailures: [{ part: "litellm", message: "did not start", log: ["last words"] }],
    });
    expect(failureAnnotations(report, job)).toEqual([
      expect.stringMatching(
        /^::error file=deployments\/d\/known-gaps\.yaml,line=7,title=stale known gap::deployments\/d\/known-gaps\.yaml:7: CAT-04 no longer fails/,
      ),
      "::error title=the environment failed::did not start%0Alast words",
    ]);
  });

  test("is at what is wrong with the deployment's own files", () => {
    expect(faultAnnotations([{ file: "d/policy.yaml", line: 3, what: "w", fix: "m" }], job)).toEqual([
      "::error file=d/policy.yaml,line=3,title=the deployment is invalid::d/policy.yaml:3: w; m",
    ]);
  });
});

test("the summary names what failed with its line, cause and fix, and is never larger than GitHub accepts", () => {
  const location = { file: "compose.yaml", line: 86 };
  const cases = [{ ...fields, summary: "n", cause: "a|b", fix: "write it" }];
  const text = stepSummary(failing("ROUTE-03", { ...fields, summary: "no", location, cases }), "# Status");
  expect(text).toMatch(/^## ❌ deployments\/reference: not conformant/);
  expect(text).toMatch(/\| ROUTE-03 \| MUST \| A path .* \| `compose\.yaml:86` \| a\\\|b \| write it \|/);
  expect(text).toContain("# Status");
  expect(stepSummary(reportOf({}), "x".repeat(2_000_000)).length).toBeLessThan(251_000);
});

test("a run on GitHub Actions annotates and writes its summary; elsewhere it does neither", async () => {
  const specs = {
    "specs/routes/a.spec.ts": `check("ROUTE-02/refuses", {
      failure: { expected: "a", actual: "b", summary: "not refused", location: { file: process.cwd() + "/compose.yaml", line: 3 } },
    });`,
  };
  const onActions = await runFixture({
    specs,
    environment: { GITHUB_ACTIONS: "true", GITHUB_STEP_SUMMARY: "summary.md" },
  });
  expect(onActions.output).toMatch(/^::error .*title=ROUTE-02 MUST::/m);
  expect(onActions.report?.requirements[1]?.checks[0]?.failure?.location).toEqual({ file: "compose.yaml", line: 3 });
  expect(onActions.summary).toContain("| ROUTE-02 |");
  const elsewhere = await runFixture({ specs });
  expect(elsewhere.output).not.toContain("::error");
});

describe("the workflow and the action", () => {
  interface Step {
    run?: string;
    env?: Record<string, string>;
  }
  const action = parse(readFileSync("action.yml", "utf8")) as {
    inputs: Record<string, object>;
    outputs: Record<string, object>;
    runs: { steps: Step[] };
  };
  const workflow = parse(readFileSync(".github/workflows/conformance.yml", "utf8")) as {
    jobs: Record<string, { steps: (Step & { uses?: string; with?: Record<string, string> })[] }>;
  };

  test("use only declared inputs and documented variables", () => {
    const text = readFileSync("action.yml", "utf8");
    const used = new Set([...text.matchAll(/inputs\.([\w-]+)/g)].map(([, name]) => name));
    expect([...used].sort()).toEqual(Object.keys(action.inputs).sort());
    const given = workflow.jobs.conformance?.steps.find(({ uses }) => uses === "./")?.with ?? {};
    for (const name of Object.keys(given)) expect(Object.keys(action.inputs)).toContain(name);
    const documented = readFileSync("docs/configuration.md", "utf8");
    const variables = action.runs.steps.flatMap(({ env = {} }) => Object.keys(env));
    for (const name of variables.filter((one) => !["ARGUMENTS", "CODE", "MODE", "CANDIDATE"].includes(one)))
      expect(documented).toContain(name);
  });

  /** Runs the step of the action that runs the suite, with an npm that prints its arguments and exits with 3. */
  function runAction(mode: string): { printed: string; output: string } {
    const script = action.runs.steps.find(({ run }) => run?.includes("npm test"))?.run ?? "";
    const folder = mkdtempSync(join(tmpdir(), "action-"));
    try {
      writeFileSync(
        join(folder, "npm"),
        '#!/bin/sh\necho "$*" "[$' + '{LITELLM_VERSION-unset}]" "[$TRAEFIK_VERSION]"; exit 3\n',
        { mode: 0o755 },
      );
      const output = join(folder, "output");
      const env = { PATH: `${folder}:${process.env.PATH}`, ARGUMENTS: "suites/routes -t x", GITHUB_OUTPUT: output };
      const versions = { LITELLM_VERSION: "", TRAEFIK_VERSION: "3.7.15", CODEX_VERSION: "", REPORTS: "r" };
      const printed = execFileSync("bash", ["-eo", "pipefail", "-c", script], {
        env: { ...env, ...versions, MODE: mode, CANDIDATE: "candidates/my notes.yaml" },
        encoding: "utf8",
      });
      return { printed, output: readFileSync(output, "utf8") };
    } finally {
      rmSync(folder, { recursive: true });
    }
  }

  test("the action passes on the run's exit code and its report", () => {
    expect(runAction("conformance")).toEqual({
      printed: "test -- suites/routes -t x [] [3.7.15]\n",
      output: "exit-code=3\nreport=r\n",
    });
  });

  test("the action judges a candidate in the mode onboard, and knows no other mode", () => {
    const onboard = runAction("onboard");
    expect(onboard.printed).toBe("run onboard -- candidates/my notes.yaml suites/routes -t x [] [3.7.15]\n");
    expect(onboard.output).toBe("exit-code=3\nreport=r\n");
    const unknown = runAction("onbord");
    expect(unknown.printed).toBe("::error::mode is 'onbord', expected conformance or onboard\n");
    expect(unknown.output).toContain("exit-code=2\n");
  });
});

describe("the branch that Pages serves", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "pages-"));
    execFileSync("git", ["init", "-q", "--bare", join(folder, "remote")]);
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  /** Publishes a run from a checkout that has what publishing needs. */
  async function publish(minute: number): Promise<void> {
    const checkout = join(folder, `checkout-${minute}`);
    mkdirSync(checkout);
    const git = (...args: string[]) => execFileSync("git", ["-C", checkout, ...args]);
    git("init", "-q");
    git("remote", "add", "origin", join(folder, "remote"));
    for (const name of ["package.json", "cli", "node_modules", ".github"])
      symlinkSync(join(process.cwd(), name), join(checkout, name));
    const run = join(folder, `run-${minute}`);
    mkdirSync(run);
    const finishedAt = `2026-01-01T00:0${minute}:00.000Z`;
    writeFileSync(join(run, "conformance.json"), serialize(reportOf({}, { id: `gc-${minute}`, finishedAt })));
    writeFileSync(join(run, "STATUS.md"), "# Status\n");
    const identity = {
      GIT_AUTHOR_NAME: "a",
      GIT_AUTHOR_EMAIL: "a@b",
      GIT_COMMITTER_NAME: "a",
      GIT_COMMITTER_EMAIL: "a@b",
    };
    await promisify(execFile)(".github/publish-to-pages.sh", [run], {
      cwd: checkout,
      env: { ...process.env, ...identity },
    });
  }

  test("gets every run in one commit, also of several that are published at the same time", async () => {
    await publish(1);
    await Promise.all([publish(2), publish(3), publish(4)]);
    const site = join(folder, "site");
    execFileSync("git", ["clone", "-q", "--branch", "gh-pages", join(folder, "remote"), site]);
    expect(readdirSync(join(site, "runs")).map((name) => name.slice(-4))).toEqual(["gc-1", "gc-2", "gc-3", "gc-4"]);
    const linked = readFileSync(join(site, "index.html"), "utf8").match(/runs\/[^/"]+\/index/g);
    expect(new Set(linked).size).toBe(4);
    expect(execFileSync("git", ["-C", site, "rev-list", "--count", "HEAD"], { encoding: "utf8" }).trim()).toBe("1");
    expect(readdirSync(site)).not.toContain(".lock");
  });
});
