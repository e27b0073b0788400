import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, extname, join } from "node:path";
import { Ajv } from "ajv";
import type { FileResult, MutantResult, MutantStatus, MutationTestResult } from "mutation-testing-report-schema/api";
import { SourceFile } from "../../helpers/deployment/source/source-file.ts";
import type { Check } from "../campaign/checks.ts";
import type { MutantOutcome, MutantVerdict } from "../campaign/verdict.ts";
import type { TextEdit } from "../files/mutant.ts";

/** Fates in the words of the mutation-testing-elements schema. */
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

/** What the report is made of. */
export interface ReportInput {
  folder: string;
  verdicts: readonly MutantVerdict[];
  checks: readonly Check[];
  /** Values that no report may show: the operator's own secrets. */
  secrets: readonly string[];
  /** In percent; see the schema's `thresholds`. */
  wanted: number;
}

/**
 * Writes `mutation.json` by the mutation-testing-elements schema, and `index.html`, its viewer, which opens from disk.
 *
 * @throws {Error} when the report is not valid by the schema
 */
export function writeReport(directory: string, input: ReportInput): void {
  const report = mutationReport(input);
  validate(report);
  mkdirSync(directory, { recursive: true });
  const json = JSON.stringify(report, null, 2);
  writeFileSync(join(directory, "mutation.json"), `${json}\n`);
  const require = createRequire(import.meta.url);
  const script = "mutation-test-elements.js";
  copyFileSync(require.resolve(`mutation-testing-elements/dist/${script}`), join(directory, script));
  writeFileSync(join(directory, "index.html"), page(script, json));
}

/** The report as plain data. */
export function mutationReport({ folder, verdicts, checks, secrets, wanted }: ReportInput): MutationTestResult {
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
    thresholds: { high: wanted, low: Math.max(wanted - 10, 0) },
    framework: { name: "litellm-gateway-conformance" },
    files,
    testFiles: Object.fromEntries(
      [...Map.groupBy(checks, ({ file }) => file)].map(([file, own]) => [
        file,
        {
          ...(existsSync(file) ? { source: readFileSync(file, "utf8") } : {}),
          tests: own.map(({ id, requirements, sentence }) => ({
            id,
            name: `${requirements.join(", ")}: ${sentence}`,
          })),
        },
      ]),
    ),
  };
}

function mutantResult(
  { mutant, fate, killers, heard, reason, milliseconds }: MutantVerdict,
  source: SourceFile,
  hide: (text: string) => string,
): MutantResult {
  const ids = [...new Set(killers.flatMap(({ check }) => check.requirements))];
  const why = ids.length > 0 ? `${ids.join(", ")}: ${reason}` : reason;
  return {
    id: mutant.id,
    mutatorName: mutant.mutator,
    description: `${mutant.subject}: ${mutant.how}`,
    replacement: hide(mutant.shown.text),
    location: locationOf(mutant.shown, source),
    status: statuses[fate],
    ...(why === "" ? {} : { statusReason: hide(why) }),
    killedBy: killers.map(({ check }) => check.id),
    testsCompleted: heard,
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

/** A file's text as the report shows it: of the same length, so that every place in the file stays where it is. */
export function hidden(text: string, secrets: readonly string[]): string {
  let shown = text;
  for (const secret of secrets) if (secret !== "") shown = shown.replaceAll(secret, "•".repeat(secret.length));
  return shown;
}

function languageOf(file: string): string {
  const name = basename(file).replace(/\.example$/, "");
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
  throw new Error(`mutation.json is not valid by its schema: ${first?.instancePath} ${first?.message}`);
}

/** The data stands in the page: a page from disk may fetch nothing. */
function page(script: string, json: string): string {
  // Within a script element, `</` would end it.
  const data = json.replaceAll("</", "<\\/");
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>What the suite notices</title>
<script src="${script}"></script>
</head>
<body>
<mutation-test-report-app title-postfix="What the suite notices">
Your browser does not show custom elements; mutation.json holds the same.
</mutation-test-report-app>
<script>
document.querySelector("mutation-test-report-app").report = ${data};
</script>
</body>
</html>
`;
}
