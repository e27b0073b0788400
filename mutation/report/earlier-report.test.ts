import { appendFileSync, cpSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { fakeCheck, fakeRun } from "../../suites/runner/deployment-run/check-run-fixture.ts";
import type { LoadedCheck } from "../../suites/runner/load-checks.ts";
import type { MutantOutcome, MutantVerdict } from "../campaign/verdict.ts";
import type { Mutant } from "../files/mutant.ts";
import { EarlierReport } from "./earlier-report.ts";
import { writeReport } from "./report.ts";

const secrets = ["sk-change-me-master-000000000000"];

let directory: string;
let folder: string;
let checks: LoadedCheck[];

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "earlier-report-"));
  folder = join(directory, "deployment");
  cpSync(resolve("deployments/reference"), folder, { recursive: true });
  checks = ["hosts", "streams"].map((name) => {
    const file = join(directory, `${name}.spec.ts`);
    writeFileSync(
      file,
      `// ${name}
`,
    );
    return fakeCheck(`ROUTE-10/${name}`, { file });
  });
});

afterEach(() => rmSync(directory, { recursive: true, force: true }));

const edit = { file: "litellm.env.example", start: 0, end: 1, text: "#" };

function mutant(id: string): Mutant {
  return { id, mutator: "m", kind: "keys", subject: "s", how: "h", shown: edit, edits: [edit] };
}

/** What the report says of one mutant of each outcome, after `change`. */
function known(
  change: () => void = () => {},
  outcomes: readonly MutantOutcome[] = ["killed", "survived", "undecided", "invalid"],
) {
  const [hosts] = checks as [LoadedCheck, LoadedCheck];
  const verdicts = outcomes.map((outcome): MutantVerdict => {
    const isKilled = outcome === "killed";
    const message = "the host: answers";
    const killers = isKilled
      ? [
          fakeRun(hosts, "failed", {
            failure: { summary: message, expected: "it holds", actual: "it does not", message },
          }),
        ]
      : [];
    const reason = isKilled ? message : "";
    return { mutant: mutant(outcome), outcome, killers, checksRun: 1, reason, milliseconds: 1 };
  });
  writeReport(directory, { folder, verdicts, checks, secrets, minimumScore: 97 });
  change();
  const mutants = [...outcomes, "new"].map(mutant);
  const found = new EarlierReport(directory).verdicts({ folder, mutants, checks, secrets });
  return Object.fromEntries([...found].map(([{ id }, verdict]) => [id, verdict]));
}

test("where nothing has changed, verdicts stay valid, with killer and reason", () => {
  const verdicts = known();
  expect(Object.keys(verdicts)).toEqual(["killed", "survived", "invalid"]);
  expect(verdicts.killed?.reason).toBe("the host: answers");
  expect(verdicts.killed?.killers.map(({ record }) => [record.id, record.failure?.message])).toEqual([
    ["ROUTE-10/hosts", "the host: answers"],
  ]);
});

test("a changed spec file invalidates the kills of its checks, and every survivor", () => {
  expect(Object.keys(known(() => appendFileSync(checks[0]?.file ?? "", "\n")))).toEqual([]);
  expect(Object.keys(known(() => appendFileSync(checks[1]?.file ?? "", "\n")))).toEqual(["killed"]);
});

test("a new check may detect the survivors", () => {
  const file = resolve("suites/routes/access/refusals.spec.ts");
  const one = known(() => checks.push(fakeCheck("ROUTE-10/new", { file })));
  expect(Object.keys(one)).toEqual(["killed"]);
});

test("a changed file invalidates only its own mutants; without a report there are no verdicts", () => {
  expect(Object.keys(known(() => appendFileSync(join(folder, "policy.yaml"), "\n#\n")))).toContain("killed");
  expect(known(() => appendFileSync(join(folder, edit.file), "\nX=1\n"))).toEqual({});
  const nowhere = new EarlierReport(join(directory, "nowhere"));
  expect(nowhere.exists).toBe(false);
  expect(nowhere.verdicts({ folder, mutants: [mutant("killed")], checks, secrets }).size).toBe(0);
});
