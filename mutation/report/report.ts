import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, extname, join } from "node:path";
import { Ajv } from "ajv";
import type { FileResult, MutantResult, MutantStatus, MutationTestResult } from "mutation-testing-report-schema/api";
import { withoutExampleEnding } from "../../helpers/deployment/compose/environment/example-files.ts";
import { SourceFile } from "../../helpers/deployment/source/source-file.ts";
import type { TextEdit } from "../../helpers/deployment/source/text-edit.ts";
import type { LoadedCheck } from "../../suites/runner/load-checks.ts";
import { type Localisation, localisationByKind } from "../campaign/localisation.ts";
import { killingRequirements, type MutantOutcome, type MutantVerdict } from "../campaign/verdict.ts";
import { writePage } from "./page.ts";

/** Outcomes as the mutation-testing-elements schema names them. */
const statuses: Readonly<Record<MutantOutcome, MutantStatus>> = {
  killed: "Killed",
  survived: "Survived",
  undecided: "Pending",
  "timed out": "Timeout",
  invalid: "CompileError",
  "does not start": "RuntimeError",
  "broke a check": "Survived",
  equivalent: "Ignored",
};

/** What a report is made from. */
export interface MutationReportInput {
  folder: string;
  verdicts: readonly MutantVerdict[];
  checks: readonly LoadedCheck[];
  /** Values that no report may show: the operator's own secrets. */
  secrets: readonly string[];
  /** In percent; see the schema's `thresholds`. */
  minimumScore: number;
}

/**
 * Writes `mutation.json` in the mutation-testing-elements schema, and `index.html`, a viewer for it that opens from disk.
 *
 * @throws {Error} when the report does not match the schema
 */
export function writeReport(directory: string, input: MutationReportInput): void {
  const report = mutationReport(input);
  validate(report);
  mkdirSync(directory, { recursive: true });
  const json = JSON.stringify(report, null, 2);
  writeFileSync(join(directory, "mutation.json"), `${json}\n`);
  writePage(directory, json, input.verdicts);
}

/** The report as plain data. */
export function mutationReport({
  folder,
  verdicts,
  checks,
  secrets,
  minimumScore,
}: MutationReportInput): MutationTestResult {
  const hide = (text: string): string => hidden(text, secrets);
  const files: Record<string, FileResult> = {};
  for (const [file, own] of Map.groupBy(verdicts, ({ mutant }) => mutant.shown.file)) {
    const source = new SourceFile(file, readFileSync(join(folder, file), "utf8"));
    files[file] = {
      language: languageOf(file),
      source: hide(source.text),
      mutants: own.map((verdict) => mutantResult(verdict, source, hide)),
    };
  }
  return {
    schemaVersion: "2",
    thresholds: { high: minimumScore, low: Math.max(minimumScore - 10, 0) },
    framework: { name: "litellm-gateway-conformance" },
    config: { localisation: localisationByKind(verdicts), localisations: localisationsOf(verdicts) },
    files,
    testFiles: Object.fromEntries(
      [...Map.groupBy(checks, ({ file }) => file)].map(([file, own]) => [
        file,
        {
          ...(existsSync(file) ? { source: readFileSync(file, "utf8") } : {}),
          tests: own.map(({ id, title }) => ({ id, name: `${id}: ${title}` })),
        },
      ]),
    ),
  };
}

/** Id of a mutant to where its failures point; the schema has no field for it. */
function localisationsOf(verdicts: readonly MutantVerdict[]): Record<string, Localisation> {
  return Object.fromEntries(
    verdicts.flatMap(({ mutant, localisation }) => (localisation === undefined ? [] : [[mutant.id, localisation]])),
  );
}

/** What the viewer says of the locations of a mutant's failures. */
const localisations: Readonly<Record<Localisation, string>> = {
  first: "the first failure names the place",
  later: "a later failure names the place",
  elsewhere: "the failures name another place",
  nowhere: "the failures name no place",
};

function mutantResult(verdict: MutantVerdict, source: SourceFile, hide: (text: string) => string): MutantResult {
  const { mutant, outcome, killers, checksRun, reason, milliseconds, localisation } = verdict;
  const ids = killingRequirements(verdict);
  const why = ids.length > 0 ? `${ids.join(", ")}: ${reason}` : reason;
  const where = localisation === undefined ? "" : ` (${localisations[localisation]})`;
  return {
    id: mutant.id,
    mutatorName: mutant.mutator,
    description: `${mutant.subject}: ${mutant.how}${where}`,
    replacement: hide(mutant.shown.text),
    location: locationOf(mutant.shown, source),
    status: statuses[outcome],
    ...(why === "" ? {} : { statusReason: hide(why) }),
    killedBy: killers.map(({ check }) => check.id),
    testsCompleted: checksRun,
    duration: Math.round(milliseconds),
  };
}

function locationOf({ start, end }: TextEdit, source: SourceFile): MutantResult["location"] {
  const position = (offset: number): { line: number; column: number } => {
    const before = source.text.lastIndexOf("\n", offset - 1) + 1;
    return { line: source.lineAt(offset), column: offset - before + 1 };
  };
  return { start: position(start), end: position(end) };
}

/** A file's text as the report shows it, secrets masked. The length stays the same, so that every position stays valid. */
export function hidden(text: string, secrets: readonly string[]): string {
  let shown = text;
  for (const secret of secrets) if (secret !== "") shown = shown.replaceAll(secret, "•".repeat(secret.length));
  return shown;
}

function languageOf(file: string): string {
  const name = basename(withoutExampleEnding(file));
  const known: Readonly<Record<string, string>> = {
    ".yaml": "yaml",
    ".yml": "yaml",
    ".py": "python",
    ".toml": "toml",
    ".json": "json",
    ".nft": "bash",
    ".env": "bash",
  };
  return known[extname(name)] ?? "bash";
}

function validate(report: MutationTestResult): void {
  const require = createRequire(import.meta.url);
  const schema = JSON.parse(
    readFileSync(require.resolve("mutation-testing-report-schema/mutation-testing-report-schema.json"), "utf8"),
  ) as Record<string, unknown>;
  const check = new Ajv({ strict: false, validateSchema: false, validateFormats: false }).compile(schema);
  if (check(report)) return;
  const [first] = check.errors ?? [];
  throw new Error(`mutation.json does not match its schema: ${first?.instancePath} ${first?.message}`);
}
