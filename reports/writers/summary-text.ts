import type { Colours } from "../../helpers/core/terminal/colours.ts";
import { seconds } from "../../helpers/core/terminal/progress.ts";
import { staleGapLine } from "../../helpers/requirements/known-gaps.ts";
import type { RunRecord } from "../../helpers/run/run-record.ts";
import type { CheckResult } from "../model/check-result.ts";
import { countOutcomes, type RunVerdict } from "../model/outcomes.ts";
import type { FinishedRun } from "../run/finished-run.ts";
import { unsupportedText } from "./unsupported-text.ts";

/** How many of the longest phases are shown. */
const shownPhases = 6;

/** Phases that no run can do without: see `npm run bench`. */
const floorPrefix = "floor: ";

/** What the summary of a run is shown with. */
interface SummaryOptions {
  /** Milliseconds since the epoch. */
  now: number;
  /** Folder of the report, as the operator named it. */
  reports: string;
  colours: Colours;
}

/** The end of a run as the terminal shows it: faults, requirements, parts, times, where the report is, the verdict. */
export function summaryText(finished: FinishedRun, { now, reports, colours: pc }: SummaryOptions): string {
  const { run, checks, faults, staleGaps, requirements, verdict } = finished;
  const counts = countOutcomes(requirements);
  const unsupported = unsupportedText(requirements);
  const failed = requirements.filter(({ outcome }) => outcome === "failed");
  const row = (name: string, text: string): string => `${pc.bold(name.padEnd(13))} ${text}`;
  const rows = run === undefined ? [] : [...runRows(run), ["time", timeText(run, checks, now)], ...gatewayRows(checks)];
  return [
    "",
    ...faults.map((fault) => `${pc.red("fault of the suite itself:")} ${fault}`),
    ...staleGaps.map((gap) => `${pc.red("stale known gap:")} ${staleGapLine(gap)}`),
    row(
      "requirements",
      `${pc.green(`${counts.passed} passed`)}, ${counts.failed > 0 ? pc.red(`${counts.failed} failed`) : "0 failed"}, ` +
        `${counts["known-gap"]} known gaps, ${counts["not-supported"]} not supported, ` +
        `${counts["not-tested"]} not tested (of ${requirements.length})`,
    ),
    ...(unsupported === undefined ? [] : [row("not supported", unsupported)]),
    ...(failed.length > 0 ? [row("failed", pc.red(failed.map(({ requirement }) => requirement.id).join(", ")))] : []),
    ...rows.map(([name = "", text = ""]) => row(name, text)),
    row("report", `${reports}: STATUS.md, html/index.html, conformance.json`),
    ...(verdict === "not-conformant" && checks.every(({ outcome }) => outcome === "not-tested")
      ? ["no check was run: does a file's name, or -t, match one?"]
      : []),
    verdictText(verdict, pc),
  ].join("\n");
}

function verdictText(verdict: RunVerdict, pc: Colours): string {
  switch (verdict) {
    case "conformant":
      return pc.green(pc.bold("CONFORMANT"));
    case "not-conformant":
      return pc.red(pc.bold("NOT CONFORMANT"));
    case "environment-failed":
      return pc.red(pc.bold("THE ENVIRONMENT FAILED: what could not be tested has no verdict"));
  }
}

/** The parts and the longest phases, where there are any. */
function runRows({ parts, phases }: RunRecord): string[][] {
  const versions = new Map(parts.map((part) => [part.name, `${part.name} ${part.version} (${part.origin})`]));
  const longest = phases.toSorted((one, other) => other.milliseconds - one.milliseconds).slice(0, shownPhases);
  return [
    ...(versions.size > 0 ? [["parts", [...versions.values()].join(", ")]] : []),
    ...(longest.length > 0
      ? [["phases", longest.map(({ name, milliseconds }) => `${name} ${seconds(milliseconds)}`).join(", ")]]
      : []),
  ];
}

/** How long the run took, the time that no run can do without, and when the checks at the edge were over. */
function timeText({ startedAt, phases }: RunRecord, checks: readonly CheckResult[], now: number): string {
  const began = Date.parse(startedAt);
  // Each worker may measure a phase of the same name: the first one counts.
  const floor = phases.filter(
    ({ name }, index) => name.startsWith(floorPrefix) && phases.findIndex((one) => one.name === name) === index,
  );
  const floorTime = floor.reduce((sum, { milliseconds }) => sum + milliseconds, 0);
  const edge = checks.filter(({ rigs, endedAt }) => endedAt > 0 && rigs.join() === "edge");
  const edgeDone = Math.max(...edge.map(({ endedAt }) => endedAt)) - began;
  return [
    seconds(now - began),
    ...(floor.length > 0
      ? [`the floor is ${seconds(floorTime)} (${floor.map(({ name }) => name.slice(floorPrefix.length)).join(" + ")})`]
      : []),
    ...(edge.length > 0 ? [`the checks at the edge were done after ${seconds(edgeDone)}`] : []),
  ].join("; ");
}

/** The time that LiteLLM took to answer, where it was asked anything. */
function gatewayRows(checks: readonly CheckResult[]): string[][] {
  const gateway = checks.flatMap(({ gateway: own }) => own ?? []);
  const requests = gateway.reduce((sum, own) => sum + own.requests, 0);
  if (requests === 0) return [];
  const milliseconds = gateway.reduce((sum, own) => sum + own.milliseconds, 0);
  return [
    ["gateway", `${seconds(milliseconds)} of LiteLLM's own time for ${requests} requests, many of them concurrent`],
  ];
}
