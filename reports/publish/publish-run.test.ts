import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { serialize } from "../model/conformance-json.ts";
import { type ReportFixture, reportOf } from "../model/report-fixture.ts";
import { navigationMark } from "../page/page-shell.ts";
import { publishRun } from "./publish-run.ts";

let root: string;
let site: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "site-"));
  site = join(root, "site");
});
afterEach(() => rmSync(root, { recursive: true }));

/** A run's directory. */
function run(minute: number, fixture: ReportFixture = {}, outcome: "passed" | "failed" = "passed"): string {
  const id = `gc-${minute}`;
  const directory = join(root, id);
  mkdirSync(join(directory, "allure-results"), { recursive: true });
  mkdirSync(join(directory, "html"));
  const finishedAt = `2026-01-01T00:${String(minute).padStart(2, "0")}:00.000Z`;
  const report = reportOf({ "ROUTE-01": outcome }, { id, finishedAt, ...fixture });
  writeFileSync(join(directory, "conformance.json"), serialize(report));
  writeFileSync(join(directory, "STATUS.md"), `# Status of run ${minute}\n\n<script>alert(1)</script>\n`);
  writeFileSync(join(directory, "html", "index.html"), "allure");
  return directory;
}
const index = (): string => readFileSync(join(site, "index.html"), "utf8");
const runs = (): string[] => readdirSync(join(site, "runs")).sort();
/** The runs that the index links to, in its order. */
const linked = (): string[] =>
  [...index().matchAll(/<tr>\s*<td><a href="runs\/[^"]*-(gc-\d+)\//g)].map(([, id]) => id ?? "");

test("a run gets a page, the index has the newest verdict and the trend, and old runs are removed", async () => {
  await publishRun(run(1, { parts: { litellm: "1.77.1" } }), site, 2);
  await publishRun(run(2, { parts: { litellm: "1.77.1" } }, "failed"), site, 2);
  const page = await publishRun(run(3, { parts: { litellm: "1.106.2" } }), site, 2);
  expect(linked()).toEqual(["gc-3", "gc-2"]);
  expect(runs().map((name) => name.slice(-4))).toEqual(["gc-2", "gc-3"]);
  expect(index()).toMatch(
    /Trend of deployments\/reference<\/h3>Requirements that hold: 0 in the run of 2026-01-01 00:02, 1 in/,
  );
  expect(readFileSync(join(site, "STATUS.md"), "utf8")).toContain("# Status of run 3");
  expect(index()).toMatch(/better<\/span> ROUTE-01/);
  expect(index()).toMatch(/<strong>litellm 1\.106\.2<\/strong>/);
  expect(index()).toMatch(/By version[\s\S]*LiteLLM 1\.106\.2[\s\S]*LiteLLM 1\.77\.1/);
  const text = readFileSync(join(site, page), "utf8");
  expect(text).toContain('<a href="html/index.html">');
  expect(existsSync(join(site, page, "..", "html", "index.html"))).toBe(true);
  expect(existsSync(join(site, page, "..", "allure-results"))).toBe(false);
});

test("nothing that a gateway answered becomes part of a page", async () => {
  const page = await publishRun(run(1, { folder: '"><img src=x>' }), site, 2);
  for (const html of [index(), readFileSync(join(site, page), "utf8")]) {
    expect(html).not.toMatch(/<script|<img/);
    expect(html).toContain("&lt;img src=x&gt;");
  }
});

/** A check as reports of schema version 2 had it, with its failure's folder. */
const oldCheck = {
  name: "it holds",
  file: "suites/routes/some.spec.ts",
  outcome: "failed",
  duration: 1,
  message: "it does not hold",
  location: null,
  evidence: [],
  failure: "failures/ROUTE-01-it-holds",
  findings: [],
};

test("runs of an older suite are listed next to newer ones, and what is not a run is ignored", async () => {
  const old = run(1, {}, "failed");
  const file = join(old, "conformance.json");
  const { deployment, requirements, ...rest } = JSON.parse(readFileSync(file, "utf8")) as {
    deployment: Record<string, unknown>;
    requirements: { checks: object[] }[];
  };
  const { folder, digest } = deployment;
  writeFileSync(
    file,
    JSON.stringify({
      ...rest,
      schemaVersion: 1,
      deployment: { folder, digest },
      requirements: requirements.map(({ checks, ...one }) => ({ ...one, checks: checks.map(() => oldCheck) })),
    }),
  );
  await publishRun(old, site, 9);
  mkdirSync(join(site, "runs", "notes"));
  await publishRun(run(2), site, 9);
  expect(linked()).toEqual(["gc-2", "gc-1"]);
  expect(index()).toContain("better</span> ROUTE-01");
});

test("what no publisher wrote stays, and does not take the place of a run", async () => {
  const own = ["runs/notes/index.html", "runs/2020-archive/old.txt", "draft.html.new", ".incoming-mail/1.txt"];
  for (const file of own) {
    mkdirSync(join(site, file, ".."), { recursive: true });
    writeFileSync(join(site, file), "mine");
  }
  for (const minute of [1, 2, 3]) await publishRun(run(minute), site, 2);
  expect(linked()).toEqual(["gc-3", "gc-2"]);
  expect(runs().filter((name) => name.includes("gc-1"))).toEqual([]);
  for (const file of own) expect(existsSync(join(site, file)), file).toBe(true);
});

test("runs that are published out of order are listed in the order in which they ran", async () => {
  for (const minute of [2, 3, 1]) await publishRun(run(minute), site, 9);
  expect(linked()).toEqual(["gc-3", "gc-2", "gc-1"]);
  expect(index()).toContain('Newest run: <a href="runs/2026-01-01T00-03');
});

test("a run's own page is kept, with a link to the other runs; its badge is the folder's", async () => {
  const directory = run(1);
  writeFileSync(join(directory, "index.html"), `<body>${navigationMark}own page</body>`);
  writeFileSync(join(directory, "badge.json"), "{}");
  const page = await publishRun(directory, site, 9);
  expect(readFileSync(join(site, page), "utf8")).toMatch(/href="..\/..\/index.html">all runs<.*own page/);
  expect(readFileSync(join(site, "badge.json"), "utf8")).toBe("{}");
});

test("the same run, published twice, is listed once", async () => {
  await publishRun(run(1), site, 9);
  await publishRun(join(root, "gc-1"), site, 9);
  expect(linked()).toEqual(["gc-1"]);
});

function publisher(directory: string): ChildProcess {
  const args = ["cli/main.ts", "report:publish", site, "--from", directory];
  return spawn(process.execPath, args, { stdio: ["ignore", "pipe", "pipe"] });
}
const exitOf = (child: ChildProcess): Promise<number | null> => new Promise((done) => child.once("close", done));

test("of runs that several processes publish at the same time, none is lost", async () => {
  const minutes = Array.from({ length: 8 }, (_, minute) => minute);
  const codes = await Promise.all(minutes.map((minute) => exitOf(publisher(run(minute)))));
  expect(codes).toEqual(minutes.map(() => 0));
  expect(linked()).toEqual(minutes.map((minute) => `gc-${minute}`).reverse());
});

test("a publisher that is killed at any moment leaves a complete index, and the next one continues", async () => {
  await publishRun(run(1), site, 9);
  const large = run(2);
  for (let file = 0; file < 400; file++) writeFileSync(join(large, `evidence-${file}.json`), "x".repeat(20_000));
  // The kills are spread over the time that publishing takes.
  const duration = await timed(() => exitOf(publisher(large)));
  rmSync(join(site, "runs", runs().at(-1) ?? ""), { recursive: true });
  await publishRun(run(3), site, 9);
  const steps = 12;
  const states = new Set<string>();
  for (let step = 1; step <= steps; step++) {
    const before = index();
    const child = publisher(large);
    const over = exitOf(child);
    await new Promise((later) => setTimeout(later, (duration * step) / steps));
    child.kill("SIGKILL");
    await over;
    // The index is the old or the new one, never half of one, and each of its links works.
    expect(index().trimEnd().endsWith("</html>")).toBe(true);
    states.add(index() === before ? "old" : "new");
    for (const [, page] of index().matchAll(/href="(runs\/[^"]+)"/g))
      expect(existsSync(join(site, page ?? ""))).toBe(true);
  }
  expect(states).toContain("old");
  await publishRun(run(4), site, 9);
  expect(linked()).toContain("gc-4");
  expect(linked()).toEqual(expect.arrayContaining(["gc-1", "gc-3"]));
  expect(readdirSync(site).filter((name) => /incoming|new$/.test(name))).toEqual([]);
});

async function timed(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await work();
  return performance.now() - began;
}

test.each([
  [[], /^error: missing required argument 'directory'/],
  [
    ["site", "--keep", "0"],
    /^error: option '--keep <n>' argument '0' is invalid\. It must be a whole number of at least 1\./,
  ],
  [["site", "--kep", "1"], /^error: unknown option '--kep'/],
  [["site", "--from", "/nowhere"], /^\/nowhere\/conformance\.json: cannot be read \(ENOENT\)/],
])("%j ends with one line that says what is wrong, and exit code 2", (args, line) => {
  const { status, stderr } = spawnSync(process.execPath, ["cli/main.ts", "report:publish", ...args], {
    encoding: "utf8",
  });
  expect(stderr).toMatch(line);
  expect(status).toBe(2);
});
