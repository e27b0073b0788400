import { outcomeNames } from "../model/headline.ts";
import type { ComparableReport } from "../model/read-report.ts";
import { type Picture, svgBox, svgText } from "./svg.ts";

/** Sizes in pixels. */
const size = { bar: 34, gap: 10, height: 160, foot: 40, side: 44 };

/** How many runs a picture has: the newest. */
const longest = 30;

const looks = {
  passed: "solid-ok",
  "known-gap": "solid-gap",
  "not-supported": "solid-unsupported",
  failed: "solid-bad",
  "not-tested": "solid-none",
} as const;

/**
 * The requirements by outcome over the runs of one deployment; nothing for a single run.
 *
 * @param runs newest first
 */
export function trendPicture(runs: readonly ComparableReport[], name: string): Picture | undefined {
  const shown = runs.slice(0, longest).toReversed();
  const [first, last] = [shown[0], shown.at(-1)];
  if (shown.length < 2 || first === undefined || last === undefined) return undefined;
  const most = Math.max(...shown.map(({ requirements }) => requirements.length), 1);
  const bars = shown.flatMap((run, index) => {
    const x = size.side + index * (size.bar + size.gap);
    let top = size.height;
    const parts = Object.entries(looks).map(([outcome, look]) => {
      const count = run.counts[outcome] ?? 0;
      const height = (count / most) * (size.height - 10);
      top -= height;
      const hint = `${timeOf(run)}: ${count} ${outcomeNames[outcome as keyof typeof looks]}`;
      return count === 0 ? "" : svgBox({ x, y: top, width: size.bar, height, radius: 0 }, look, hint);
    });
    const passed = run.counts.passed ?? 0;
    return [
      ...parts,
      svgText(x + size.bar / 2, size.height + 16, String(passed), { look: "head", anchor: "middle" }),
      svgText(x + size.bar / 2, size.height + 32, run.run.finishedAt.slice(5, 10), { look: "dim", anchor: "middle" }),
    ];
  });
  const passed = (run: ComparableReport): number => run.counts.passed ?? 0;
  return {
    name,
    title: `Trend of ${last.deployment.folder}`,
    description: `Requirements that hold: ${passed(first)} in the run of ${timeOf(first)}, ${passed(last)} in the run of ${timeOf(last)}, over ${shown.length} runs.`,
    width: size.side + shown.length * (size.bar + size.gap),
    height: size.height + size.foot,
    content: [svgText(0, size.height + 16, "hold", { look: "dim" }), ...bars].join("\n"),
    table: {
      head: ["run", ...Object.keys(looks)],
      rows: shown.map((run) => [timeOf(run), ...Object.keys(looks).map((outcome) => String(run.counts[outcome] ?? 0))]),
    },
  };
}

function timeOf({ run }: ComparableReport): string {
  return run.finishedAt.slice(0, 16).replace("T", " ");
}
