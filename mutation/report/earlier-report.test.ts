import { appendFileSync, cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Check } from "../campaign/checks.ts";
import type { MutantOutcome, MutantVerdict } from "../campaign/verdict.ts";
import type { Mutant } from "../files/mutant.ts";
import { EarlierReport } from "./earlier-report.ts";
import { writeReport } from "./report.ts";

const secrets = ["sk-change-me-master-000000000000"];

let directory: string;
let folder: string;
let checks: Check[];

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "earlier-report-"));
  folder = join(directory, "deployment");
  cpSync(resolve("deployments/reference"), folder, { recursive: true });
  checks = ["hosts", "streams"].map((name) => {
    const file = join(directory, `${name}.spec.ts`);
    cpSync(resolve(`suites/routes/${name}.spec.ts`), file);
    const id = `${file} > it`;
    return { id, file, suite: "routes", requirements: ["ROUTE-10"], sentence: "it", rigs: ["edge"] };
  });
});

afterEach(() => rmSync(directory, { recursive: true, force: true }));

const edit = { file: "litellm.env.example", start: 0, end: 1, text: "#" };

function mutant(id: string): Mutant {
  return { id, mutator: "m", kind: "keys", subject: "s", how: "h", shown: edit, edits: [edit] };
}

/** What the report says of one mutant of each fate, after `change`. */
function known(
  change: () => void = () => {},
  fates: readonly MutantOutcome[] = ["killed", "survived", "undecided", "invalid"],
) {
  const [hosts] = checks as [Check, Check];
  const verdicts = fates.map((fate): MutantVerdict => {
    const said = { check: hosts, outcome: "failed" as const, message: "the host: answers", milliseconds: 1 };
    const killers = fate === "killed" ? [said] : [];
    const reason = fate === "killed" ? said.message : "";
    return { mutant: mutant(fate), fate, killers, heard: 1, reason, milliseconds: 1 };
  });
  writeReport(directory, { folder, verdicts, checks, secrets, wanted: 97 });
  change();
  const mutants = [...fates, "new"].map(mutant);
  const found = new EarlierReport(directory).verdicts({ folder, mutants, checks, secrets });
  return Object.fromEntries([...found].map(([{ id }, verdict]) => [id, verdict]));
}

test("where nothing has changed, what was decided stands, with its killer and its reason", () => {
  const verdicts = known();
  expect(Object.keys(verdicts)).toEqual(["killed", "survived", "invalid"]);
  expect(verdicts.killed?.reason).toBe("the host: answers");
  expect(verdicts.killed?.killers.map(({ check }) => check.sentence)).toEqual(["it"]);
});

test("a changed check spares its own kills alone, and no survivor", () => {
  expect(Object.keys(known(() => appendFileSync(checks[0]?.file ?? "", "\n")))).toEqual([]);
  expect(Object.keys(known(() => appendFileSync(checks[1]?.file ?? "", "\n")))).toEqual(["killed"]);
});

test("a new check may notice what nobody has", () => {
  const file = resolve("suites/routes/access/refusals.spec.ts");
  const one = known(() => checks.push({ ...(checks[0] as Check), id: "new", file }));
  expect(Object.keys(one)).toEqual(["killed"]);
});

test("a file that has changed, and no report at all, leave nothing; another file's change is none of a mutant's", () => {
  expect(Object.keys(known(() => appendFileSync(join(folder, "policy.yaml"), "\n#\n")))).toContain("killed");
  expect(known(() => appendFileSync(join(folder, edit.file), "\nX=1\n"))).toEqual({});
  const nowhere = new EarlierReport(join(directory, "nowhere"));
  expect(nowhere.isThere).toBe(false);
  expect(nowhere.verdicts({ folder, mutants: [mutant("killed")], checks, secrets }).size).toBe(0);
});
