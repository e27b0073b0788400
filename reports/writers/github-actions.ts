import { appendFileSync } from "node:fs";
import { isAbsolute, relative, resolve } from "node:path";
import { faultLine, type InputFault } from "../../helpers/core/errors.ts";
import { messageOf } from "../model/check-result.ts";
import type { ConformanceReport, ReportedLocation } from "../model/conformance-report.ts";
import { consequenceLines, problemsOf } from "../model/problems.ts";
import { followsText, rootsByCheck } from "../model/roots.ts";

/** A job of GitHub Actions, as far as its variables say (docs.github.com/actions, Variables). */
export interface ActionsJob {
  /** Absolute folder of the checked out repository. */
  workspace: string | undefined;
  /** File that takes the step's summary. */
  summaryFile: string | undefined;
}

/** A message at a line of the repository. */
interface Annotation {
  /** Default: `error`. */
  level?: "error" | "notice";
  title: string;
  /** Undefined where no line is the cause. */
  location: { file: string; line?: number } | undefined;
  message: string;
}

/** The job that this process runs in; undefined outside of GitHub Actions. */
export function actionsJob(environment: NodeJS.ProcessEnv = process.env): ActionsJob | undefined {
  const { GITHUB_ACTIONS, GITHUB_WORKSPACE: workspace, GITHUB_STEP_SUMMARY: summaryFile } = environment;
  return GITHUB_ACTIONS === "true" ? { workspace, summaryFile } : undefined;
}

/**
 * Workflow commands that annotate the lines of the deployment that most likely cause each failure. GitHub shows ten errors
 * of a step: requirements that MUST hold come first, and what follows from another failure is a notice.
 */
export function failureAnnotations(report: ConformanceReport, job: ActionsJob): string[] {
  const failed = report.requirements
    .filter(({ outcome }) => outcome === "failed")
    .toSorted((one, other) => Number(isAdvice(one.level)) - Number(isAdvice(other.level)));
  const roots = rootsByCheck(report);
  const annotations: Annotation[] = [
    ...failed.flatMap(({ id, level, statement, checks }) =>
      checks
        .filter(({ outcome }) => outcome === "failed")
        .map((check): Annotation => {
          const root = roots.get(check.id);
          const follows = root === undefined ? [] : [followsText(root)];
          return {
            ...(root === undefined ? {} : { level: "notice" }),
            title: `${id} ${level}`,
            location: check.failure?.location ?? undefined,
            message: [statement, "", `${check.id}: ${check.title}`, ...follows, messageOf(check) ?? ""].join("\n"),
          };
        }),
    ),
    ...report.staleGaps.map(({ location, message }) => ({ title: "stale known gap", location, message })),
    ...report.faults.map((message) => ({ title: "fault of the suite itself", location: undefined, message })),
    ...report.environmentFailures.map(({ message, log }) => ({
      title: "the environment failed",
      location: undefined,
      message: [message, ...log].join("\n"),
    })),
  ];
  return annotations.map((annotation) => command(annotation, job));
}

/** Workflow commands that annotate what is wrong with a deployment's files. */
export function faultAnnotations(faults: readonly InputFault[], job: ActionsJob): string[] {
  return faults.map((fault) => {
    const location = { file: fault.file, ...(fault.line === undefined ? {} : { line: fault.line }) };
    return command({ title: "the deployment is invalid", location, message: faultLine(fault) }, job);
  });
}

/** Writes the run into the step's summary, where the job has one. */
export function writeSummary(report: ConformanceReport, status: string, { summaryFile }: ActionsJob): void {
  if (summaryFile !== undefined) appendFileSync(summaryFile, `${stepSummary(report, status)}\n`);
}

/** A step summary may hold 1 MiB; a character may take four bytes. */
const longestSummary = 250_000;

/**
 * The run on the page of its workflow, as Markdown: the verdict, each failure with its location, cause and fix, and the
 * whole status document.
 */
export function stepSummary(report: ConformanceReport, status: string): string {
  const { result, incomplete, counts, deployment } = report;
  const numbers = Object.entries(counts).map(([outcome, count]) => `${count} ${outcome.replace("-", " ")}`);
  const head = [
    `## ${mark[result]} ${deployment.folder}: ${result.replace("-", " ")}`,
    "",
    `${numbers.join(", ")}${incomplete === null ? "" : `. Incomplete: ${incomplete}`}`,
    ...failureTable(report),
    "",
    "<details><summary>Status document</summary>",
    "",
    "",
  ].join("\n");
  const room = longestSummary - head.length;
  const text = status.length <= room ? status : `${status.slice(0, room)}\n… (cut: see STATUS.md)`;
  return `${head}${text}\n</details>`;
}

const mark: Readonly<Record<ConformanceReport["result"], string>> = {
  conformant: "✅",
  "not-conformant": "❌",
  "nothing-selected": "⚠️",
  "environment-failed": "⚠️",
};

function failureTable(report: ConformanceReport): string[] {
  const problems = problemsOf(report);
  if (problems.length === 0) return [];
  const rows = problems
    .filter(({ root }) => root === undefined)
    .map(({ requirement: { id, level, statement }, location, cause = "", fix = "" }) => {
      const place = location === undefined ? "" : placeOf(location);
      return `| ${id} | ${level} | ${cell(statement)} | ${place} | ${cell(cause)} | ${cell(fix)} |`;
    });
  return [
    "",
    "| failed | level | what must hold | look at | likely cause | fix |",
    "| --- | --- | --- | --- | --- | --- |",
    ...rows,
    ...consequenceLines(problems).flatMap((line) => ["", line]),
  ];
}

function placeOf({ file, line }: ReportedLocation): string {
  return `\`${file}:${line}\``;
}

function isAdvice(level: string): boolean {
  return level.startsWith("SHOULD");
}

function command({ level = "error", title, location, message }: Annotation, { workspace }: ActionsJob): string {
  const file = location && pathInWorkspace(location.file, workspace);
  const properties = [
    ...(file === undefined ? [] : [`file=${property(file)}`]),
    ...(file === undefined || location?.line === undefined ? [] : [`line=${location.line}`]),
    `title=${property(title)}`,
  ];
  return `::${level} ${properties.join(",")}::${data(message)}`;
}

/** GitHub knows a file by its path in the repository; a file outside of it cannot be annotated. */
function pathInWorkspace(file: string, workspace: string | undefined): string | undefined {
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
