import { seconds } from "../../helpers/core/terminal/progress.ts";
import type { ConformanceReport, ReportedCheck } from "../model/conformance-report.ts";
import { type Picture, svgBox, svgText, wrapped } from "./svg.ts";

/** Sizes in pixels. */
const size = { side: 250, plot: 780, row: 24, head: 30 };

/** Phases that are shorter than this are not drawn, in milliseconds. */
const shortest = 400;

interface Span {
  startedAt: number;
  milliseconds: number;
  look: string;
  hint: string;
}

/** The run from its start to its end: builds and boots, then the checks of each suite. */
export function timelinePicture(report: ConformanceReport): Picture | undefined {
  const began = Date.parse(report.run.startedAt);
  const whole = Date.parse(report.run.finishedAt) - began;
  const lanes = [...phaseLanes(report), ...suiteLanes(report)];
  if (whole <= 0 || lanes.length === 0) return undefined;
  const x = (time: number): number => size.side + (Math.max(time - began, 0) / whole) * size.plot;
  const height = size.head + lanes.length * size.row + 8;
  const ticks = ticksOf(whole).map((tick) => {
    const at = size.side + (tick / whole) * size.plot;
    return `<line class="line" x1="${at.toFixed(1)}" x2="${at.toFixed(1)}" y1="${size.head - 6}" y2="${height - 4}"/>${svgText(at, 14, shortTime(tick), { look: "dim", anchor: "middle" })}`;
  });
  const rows = lanes.flatMap(({ name, spans }, index) => {
    const y = size.head + index * size.row;
    return [
      svgText(0, y + 15, wrapped(name, 36, 1)[0] ?? ""),
      ...spans.map(({ startedAt, milliseconds, look, hint }) => {
        const end = Math.min(x(startedAt + milliseconds), size.side + size.plot);
        const start = Math.min(x(startedAt), end - 2);
        return svgBox(
          { x: start, y: y + 3, width: Math.max(end - start, 2), height: size.row - 8, radius: 2 },
          look,
          hint,
        );
      }),
    ];
  });
  return {
    name: "timeline",
    title: "Timeline of the run",
    description: `The run took ${seconds(whole)}. ${longestOf(lanes)}`,
    width: size.side + size.plot + 30,
    height,
    content: [...ticks, ...rows].join("\n"),
    table: {
      head: ["what", "began after", "ended after"],
      rows: lanes.map(({ name, spans }) => {
        const first = Math.min(...spans.map(({ startedAt }) => startedAt)) - began;
        const last = Math.max(...spans.map(({ startedAt, milliseconds }) => startedAt + milliseconds)) - began;
        return [name, seconds(Math.max(first, 0)), seconds(Math.max(last, 0))];
      }),
    },
  };
}

interface Lane {
  name: string;
  spans: readonly Span[];
}

function phaseLanes({ phases }: ConformanceReport): Lane[] {
  return phases
    .filter(({ milliseconds }) => milliseconds >= shortest)
    .toSorted((one, other) => (one.startedAt < other.startedAt ? -1 : 1))
    .map(({ name, startedAt, milliseconds, ok }) => ({
      name,
      spans: [
        {
          startedAt: Date.parse(startedAt),
          milliseconds,
          look: ok ? (/^(build|pull)\b/.test(name) ? "build" : "start") : "solid-bad",
          hint: `${name}: ${seconds(milliseconds)}${ok ? "" : ", failed"}`,
        },
      ],
    }));
}

function suiteLanes({ requirements }: ConformanceReport): Lane[] {
  const suites = [...new Set(requirements.map(({ suite }) => suite))];
  return suites.flatMap((suite) => {
    const checks = requirements.flatMap((one) => (one.suite === suite ? one.checks : []));
    const own = [...new Map(checks.map((check) => [check.id, check])).values()];
    const spans = own.flatMap((check) => spanOf(check) ?? []);
    return spans.length === 0 ? [] : [{ name: `checks of ${suite}`, spans }];
  });
}

function spanOf({ id, endedAt, duration, outcome }: ReportedCheck): Span | undefined {
  if (endedAt === null || outcome === "not-tested") return undefined;
  const looks = {
    passed: "solid-ok",
    failed: "solid-bad",
    "known-gap": "solid-gap",
    "not-supported": "solid-unsupported",
  };
  return {
    startedAt: Date.parse(endedAt) - duration,
    milliseconds: duration,
    look: looks[outcome],
    hint: `${id}: ${outcome.replace("-", " ")}, ${seconds(duration)}`,
  };
}

function longestOf(lanes: readonly Lane[]): string {
  const alone = lanes.filter(({ spans }) => spans.length === 1);
  const [longest] = alone.toSorted(
    (one, other) => (other.spans[0]?.milliseconds ?? 0) - (one.spans[0]?.milliseconds ?? 0),
  );
  const span = longest?.spans[0];
  return span === undefined ? "" : `The longest step was "${longest?.name}", ${seconds(span.milliseconds)}.`;
}

/** Times at which the axis has a line, in milliseconds: at most about eight. */
function ticksOf(whole: number): number[] {
  const steps = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1_800, 3_600].map((one) => one * 1_000);
  const step = steps.find((one) => whole / one <= 8) ?? whole;
  return Array.from({ length: Math.floor(whole / step) + 1 }, (_, index) => index * step);
}

function shortTime(milliseconds: number): string {
  const total = Math.round(milliseconds / 1_000);
  if (total < 60) return `${total} s`;
  return total % 60 === 0
    ? `${total / 60} min`
    : `${Math.floor(total / 60)}:${String(total % 60).padStart(2, "0")} min`;
}
