import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { columnsOf, type GateReport } from "../gate/report.ts";
import { toGoLive } from "../gate/to-go-live.ts";
import { judgeSynthetic, observeSynthetic, soundLock, syntheticCandidate } from "../proofs/synthetic.ts";
import { exampleReport } from "./report-fixture.ts";
import { writeReports } from "./write-reports.ts";

const folder = mkdtempSync(join(tmpdir(), "gate-report-"));
afterAll(() => rmSync(folder, { recursive: true }));

const candidate = syntheticCandidate("stdio");
const observed = await observeSynthetic(candidate, undefined);
const lock = soundLock(candidate, observed.seen);

function report(own: Parameters<typeof judgeSynthetic>[3] = {}): GateReport {
  const judged = judgeSynthetic(candidate, observed, lock, own);
  const { catalogue } = observed.seen;
  if (catalogue === undefined) throw new Error("the sound server did not start");
  return {
    schemaVersion: 1,
    candidate: {
      name: candidate.name,
      file: "candidates/x.yaml",
      version: "1.0.0",
      digest: lock.digest,
      lock: null,
      deployment: "deployments/reference",
    },
    startedAt: "2026-11-27T08:00:00.000Z",
    finishedAt: "2026-11-27T08:01:00.000Z",
    ...columnsOf({ direct: judged, gateways: [] }),
    toGoLive: toGoLive(candidate, catalogue, {
      LITELLM_ENABLE_MCP_STDIO: "true",
      LITELLM_MCP_STDIO_EXTRA_COMMANDS: "files",
    }),
  };
}

const text = (): string => readFileSync(join(folder, "onboarding.txt"), "utf8");

test("an accepted candidate: the table, the verdict and what it takes to go live", () => {
  writeReports(folder, report());
  expect(text()).toMatch(/^GATE-01 {2}version and digest pinned, reinstall identical +pass$/m);
  expect(text()).toContain("ACCEPT: ");
  expect(text()).toContain("NOTES_PASSWORD: os.environ/NOTES_PASSWORD");
  expect(text()).toContain("package: npm:notes@1.0.0");
  expect(text()).toContain("LITELLM_MCP_STDIO_EXTRA_COMMANDS: files,notes");
  expect(text()).not.toContain("LITELLM_ENABLE_MCP_STDIO");
  expect(JSON.parse(readFileSync(join(folder, "onboarding.json"), "utf8"))).toMatchObject({ verdict: "accept" });
});

test("a rejected candidate: what was found and how to fix it", () => {
  const differences = [{ kind: "description" as const, text: "the description of read_note has changed" }];
  writeReports(folder, report({ differences }));
  expect(text()).toMatch(/^GATE-19 fail: .*\n {2}the description of read_note has changed\n {2}fix: /m);
  expect(text()).toContain("REJECT: ");
});

test("a candidate with conditions: the conditions", () => {
  writeReports(folder, report({ differences: undefined }));
  expect(text()).toMatch(/^ACCEPT WITH CONDITIONS: .*\n {2}GATE-19: somebody reads the catalogue/m);
});

test("a candidate that was judged alone: said at the top and among the conditions", () => {
  const judged = judgeSynthetic(candidate, observed, lock);
  const base = report();
  const alone = { ...base, candidate: { ...base.candidate, deployment: null } };
  writeReports(folder, { ...alone, ...columnsOf({ direct: judged, gateways: [], isAlone: true }) });
  expect(text().split("\n")[1]).toBe(
    "judged alone, in direct only: the candidate file names no deployment, so nothing is known of a gateway",
  );
  expect(text()).toMatch(/^ACCEPT WITH CONDITIONS: .*\n {2}no gateway: name the deployment that it is to join/m);
  expect(written("index.html")).toContain("<p>Judged alone, in direct only: ");
});

test("what does not match the schema is not written", () => {
  expect(() => writeReports(folder, { ...report(), columns: [] })).toThrow("is against its schema");
});

const written = (name: string): string => readFileSync(join(folder, name), "utf8");

test("SARIF, JUnit and the page say the same, and a server's text is data in each of them", () => {
  writeReports(folder, exampleReport());
  const sarif = JSON.parse(written("results.sarif")) as {
    runs: { results: { ruleId: string; level: string; message: { text: string } }[] }[];
  };
  expect(sarif.runs[0]?.results.map(({ ruleId, level }) => `${ruleId} ${level}`)).toEqual([
    "GATE-17 error",
    "GATE-19 warning",
  ]);
  expect(sarif.runs[0]?.results[0]?.message.text).toContain("<IMPORTANT>");
  const junit = written("junit.xml");
  expect(junit).toContain('<testsuite name="direct" tests="31" failures="1" errors="0" skipped="3">');
  expect(junit.match(/<testcase /g)).toHaveLength(31);
  const page = written("index.html");
  expect(page).toContain("<h1>Reject</h1>");
  for (const text of [junit, page]) {
    expect(text).not.toContain("<IMPORTANT>");
    expect(text).toContain("&lt;IMPORTANT&gt;");
  }
});

test("a gateway is a column in every form, and its fault does not count as a failure", () => {
  const base = exampleReport();
  const [direct] = base.columns;
  if (direct === undefined) throw new Error("the example has a column");
  const items = direct.items.map((item): (typeof direct.items)[number] =>
    item.number === 10
      ? { ...item, outcome: "conditional", evidence: "isError is lost", condition: "LiteLLM 1.77.1 loses isError" }
      : { ...item, outcome: "not applicable", evidence: "judged without a gateway", fix: null, condition: null },
  );
  const what = "GATE-10: LiteLLM 1.77.1 loses isError";
  const gateway = { name: "litellm 1.77.1" as const, items };
  const columns = [direct, gateway];
  writeReports(folder, { ...base, columns, gatewayFaults: [{ column: "litellm 1.77.1", what }] });
  const junit = written("junit.xml");
  expect(junit).toContain('<testsuite name="litellm 1.77.1" tests="31" failures="0" errors="0" skipped="30">');
  const { runs } = JSON.parse(written("results.sarif")) as {
    runs: { results: { level: string; message: { text: string } }[] }[];
  };
  const own = runs[0]?.results.filter(({ message }) => message.text.includes("(litellm 1.77.1)"));
  expect(own?.map(({ level }) => level)).toEqual(["warning"]);
  expect(written("index.html")).toMatch(/<th[^>]*>litellm 1\.77\.1</);
  expect(written("index.html")).toContain("<h2>The gateway's faults</h2>");
  expect(written("index.html")).toMatch(/<td>GATE-10<.*isError is lost<\/span><\/td><\/tr>$/m);
  expect(text()).toMatch(/^GATE-10 {2}a failure sets isError +pass +cond$/m);
  expect(text()).toContain(`the gateway's fault (litellm 1.77.1): ${what}`);
});

test("of a candidate that is accepted, a gateway's fault is a condition and is said once", () => {
  const what = "GATE-10: LiteLLM 1.77.1 loses isError";
  const conditions = ["GATE-10 (litellm 1.77.1): LiteLLM 1.77.1 loses isError"];
  const gatewayFaults = [{ column: "litellm 1.77.1" as const, what }];
  writeReports(folder, exampleReport({ verdict: "accept with conditions", conditions, gatewayFaults }));
  expect(text()).toContain(conditions[0]);
  expect(text()).toContain("1 conditional through a gateway");
  expect(text()).not.toContain("the gateway's fault");
});
