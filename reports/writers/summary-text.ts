import { pathToFileURL } from "node:url";
import type { Colours } from "../../helpers/core/terminal/colours.ts";
import { seconds } from "../../helpers/core/terminal/progress.ts";
import { byWeight } from "../../helpers/deployment/source/note-list.ts";
import { staleGapLine } from "../../helpers/requirements/known-gaps.ts";
import type { Requirement } from "../../helpers/requirements/requirements.ts";
import { conformanceReport } from "../model/conformance-json.ts";
import type { ConformanceReport } from "../model/conformance-report.ts";
import { countedOutcome, verdictNames } from "../model/headline.ts";
import { countOutcomes, type RequirementResult, type RunVerdict } from "../model/outcomes.ts";
import { consequenceLines, problemsOf } from "../model/problems.ts";
import type { FinishedRun } from "../run/finished-run.ts";
import { unsupportedText } from "./unsupported-text.ts";

/** The end of a run as the terminal shows it: faults, the requirements by level, which failed, and the time. */
export function summaryText(finished: FinishedRun, { colours: pc }: { colours: Colours }): string {
  const { run, faults, staleGaps, requirements, verdict, finishedAt } = finished;
  const unsupported = unsupportedText(requirements);
  const failed = requirements.filter(({ outcome }) => outcome === "failed");
  const row = (name: string, text: string): string => `${pc.bold(name.padEnd(13))} ${text}`;
  const report = conformanceReport(finished);
  const took = run === undefined ? [] : [seconds(Date.parse(finishedAt) - Date.parse(run.startedAt))];
  return [
    "",
    ...faults.map((fault) => `${pc.red("fault of the suite itself:")} ${fault}`),
    ...staleGaps.map((gap) => `${pc.red("stale known gap:")} ${staleGapLine(gap)}`),
    ...(["MUST", "SHOULD"] as const).map((level) => row(level, levelCounts(requirements, level, pc))),
    ...(unsupported === undefined ? [] : [row("not supported", unsupported)]),
    ...(failed.length > 0 ? [row("failed", pc.red(failed.map(({ requirement }) => requirement.id).join(", ")))] : []),
    ...consequenceLines(problemsOf(report)).map((text) => row("", text)),
    ...findingLines(report).map((text, index) => row(index === 0 ? "findings" : "", text)),
    ...took.map((time) => row("time", time)),
    ...(verdict === "nothing-selected"
      ? ["no check was run: name a file or a folder of suites/, or with -t a part of a check's id or title"]
      : []),
  ].join("\n");
}

/** How many findings the terminal shows; the page has all of them. */
const shownFindings = 5;

/**
 * What a program ignores or misreads in the deployment's files, the heaviest first: no check proves it, and it may explain
 * what is not supported.
 */
function findingLines({ deployment }: ConformanceReport): string[] {
  const found = byWeight(deployment.notes.filter(({ kind }) => kind === "finding"));
  const more = found.length - shownFindings;
  return [
    ...found.slice(0, shownFindings).map(({ file, line, what, why, fix }) => {
      const place = line === undefined ? file : `${file}:${line}`;
      return `${what} (${place}): ${why}${fix === undefined ? "" : `; fix: ${fix}`}`;
    }),
    ...(more > 0 ? [`and ${more} more on the report's first page`] : []),
  ];
}

/** The last lines of a run: the verdict, and the page to open. */
export function lastLines(verdict: RunVerdict, page: string, pc: Colours): string {
  const colour = verdict === "conformant" ? pc.green : pc.red;
  return `${colour(pc.bold(verdictNames[verdict]))}\n${pathToFileURL(page).href}\n`;
}

function levelCounts(requirements: readonly RequirementResult[], level: Requirement["level"], pc: Colours): string {
  const own = requirements.filter(({ requirement }) => requirement.level === level);
  const counts = countOutcomes(own);
  return [
    pc.green(`${counts.passed} of ${own.length} requirements hold`),
    ...(counts.failed > 0 ? [pc.red(`${counts.failed} failed`)] : []),
    ...(counts["known-gap"] > 0 ? [pc.yellow(countedOutcome(counts["known-gap"], "known-gap"))] : []),
    ...(counts["not-supported"] > 0 ? [`${counts["not-supported"]} not supported`] : []),
    ...(counts["not-tested"] > 0 ? [pc.dim(`${counts["not-tested"]} not tested`)] : []),
  ].join(", ");
}
