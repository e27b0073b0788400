import { appendFileSync } from "node:fs";
import { isAbsolute, relative, resolve } from "node:path";
import { faultLine, type InputFault } from "../../helpers/core/errors.ts";
import type { ConformanceReport } from "../model/conformance-json.ts";

/** What GitHub Actions says of where it runs (docs.github.com/actions, Variables). */
export type ActionsEnvironment = Readonly<Record<string, string | undefined>>;

/** A message at a line of the repository. */
interface Annotation {
  level: "error" | "warning";
  title: string;
  /** As a person would type it; undefined where no line is the cause. */
  location: { file: string; line?: number } | undefined;
  message: string;
}

/** The step summary may hold 1 MiB; a character may take four bytes. */
const longestSummary = 250_000;

/** Whether the run is one of GitHub Actions. */
export function isOnActions(environment: ActionsEnvironment = process.env): boolean {
  return environment.GITHUB_ACTIONS === "true";
}

/**
 * Workflow commands that annotate the lines of the deployment that most likely cause each failure. GitHub shows ten errors
 * of a step: what MUST hold comes first.
 */
export function failureAnnotations(report: ConformanceReport, environment: ActionsEnvironment = process.env): string[] {
  const failed = report.requirements.filter(({ outcome }) => outcome === "failed");
  const byLevel = [...failed].sort((one, other) => Number(isAdvice(one.level)) - Number(isAdvice(other.level)));
  return [
    ...byLevel.flatMap(({ id, level, statement, checks }) =>
      checks
        .filter(({ outcome }) => outcome === "failed")
        .map(({ location, message }) => {
          const told = [statement, "", message ?? ""].join("\n");
          return command(
            { level: "error", title: `${id} ${level}`, location: location ?? undefined, message: told },
            environment,
          );
        }),
    ),
    ...report.staleGaps.map((line) => command(ofLine("stale known gap", line), environment)),
    ...report.faults.map((message) =>
      command({ level: "error", title: "the suite's own fault", location: undefined, message }, environment),
    ),
    ...report.environmentFailures.map(({ message, log }) => {
      const told = [message, ...log].join("\n");
      return command(
        { level: "error", title: "the environment failed", location: undefined, message: told },
        environment,
      );
    }),
  ];
}

/** Workflow commands that annotate what is wrong with a deployment's files. */
export function faultAnnotations(
  faults: readonly InputFault[],
  environment: ActionsEnvironment = process.env,
): string[] {
  return faults.map((fault) => {
    const location = { file: fault.file, ...(fault.line === undefined ? {} : { line: fault.line }) };
    return command(
      { level: "error", title: "the deployment is wrong", location, message: faultLine(fault) },
      environment,
    );
  });
}

/** Writes the run into the step's summary. */
export function writeSummary(report: ConformanceReport, status: string, file = process.env.GITHUB_STEP_SUMMARY): void {
  if (file !== undefined) appendFileSync(file, `${stepSummary(report, status)}\n`);
}

/** The run on the page of its workflow: the verdict, what failed with its line, and the whole status document. */
export function stepSummary(report: ConformanceReport, status: string): string {
  const { result, incomplete, counts, deployment, requirements } = report;
  const failed = requirements.filter(({ outcome }) => outcome === "failed");
  const rows = failed.map(({ id, level, statement, checks }) => {
    const location = checks.find((check) => check.outcome === "failed" && check.location !== null)?.location;
    return `| ${id} | ${level} | ${cell(statement)} | ${location ? `\`${location.file}:${location.line}\`` : ""} |`;
  });
  const table =
    rows.length === 0
      ? []
      : ["", "| failed | level | what must hold | look at |", "| --- | --- | --- | --- |", ...rows];
  const numbers = Object.entries(counts).map(([outcome, count]) => `${count} ${outcome.replace("-", " ")}`);
  const head = [
    `## ${mark[result]} ${deployment.folder}: ${result.replace("-", " ")}`,
    "",
    `${numbers.join(", ")}${incomplete === null ? "" : `. Incomplete: ${incomplete}`}`,
    ...table,
    "",
    "<details><summary>Status document</summary>",
    "",
    "",
  ].join("\n");
  const room = longestSummary - head.length;
  const told = status.length <= room ? status : `${status.slice(0, room)}\n… (cut: see STATUS.md)`;
  return `${head}${told}\n</details>`;
}

const mark: Readonly<Record<ConformanceReport["result"], string>> = {
  conformant: "✅",
  "not-conformant": "❌",
  "environment-failed": "⚠️",
};

function isAdvice(level: string): boolean {
  return level.startsWith("SHOULD");
}

/** `file:line: what`, as the suite tells it. */
function ofLine(title: string, text: string): Annotation {
  const [, file, line] = /^(.+?):(\d+): /.exec(text) ?? [];
  const location = file === undefined ? undefined : { file, line: Number(line) };
  return { level: "error", title, location, message: text };
}

function command({ level, title, location, message }: Annotation, environment: ActionsEnvironment): string {
  const file = location && inWorkspace(location.file, environment.GITHUB_WORKSPACE);
  const properties = [
    ...(file === undefined ? [] : [`file=${property(file)}`]),
    ...(file === undefined || location?.line === undefined ? [] : [`line=${location.line}`]),
    `title=${property(title)}`,
  ];
  return `::${level} ${properties.join(",")}::${data(message)}`;
}

/** GitHub knows a file by its path in the repository; one that lies outside can't be annotated. */
function inWorkspace(file: string, workspace: string | undefined): string | undefined {
  if (workspace === undefined) return file;
  const path = relative(workspace, resolve(file));
  return path.startsWith("..") || isAbsolute(path) ? undefined : path;
}

/** Escapes of workflow commands (actions/toolkit, packages/core/src/command.ts). */
function data(text: string): string {
  return text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
}

function property(text: string): string {
  return data(text).replaceAll(":", "%3A").replaceAll(",", "%2C");
}

function cell(text: string): string {
  return text.replaceAll("|", "\\|").replaceAll("\n", " ");
}
