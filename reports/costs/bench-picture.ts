import { type Picture, svgBox, svgText, wrapped } from "../pictures/svg.ts";
import { type BenchReport, medianParts } from "./bench-report.ts";

/** Sizes in pixels. */
const size = { side: 260, plot: 620, row: 24, head: 12, value: 90 };

/** How many parts have a bar of their own. */
const named = 14;

/** CPU seconds by part, engine and harness, as bars: each the median of all runs, the most expensive first. */
export function benchPicture({ runs, median }: BenchReport): Picture {
  const parts = medianParts(runs);
  const others = parts.slice(named).reduce((sum, { cpuSeconds }) => sum + cpuSeconds, 0);
  const bars = [
    ...parts.slice(0, named).map(({ name, cpuSeconds }) => ({ name, value: cpuSeconds })),
    ...(others > 0 ? [{ name: `${parts.length - named} other parts`, value: others }] : []),
    { name: "engine", value: median.cpuSeconds.engine },
    { name: "harness", value: median.cpuSeconds.harness },
  ].toSorted((one, other) => other.value - one.value);
  const longest = Math.max(...bars.map(({ value }) => value), 1);
  const content = bars.flatMap(({ name, value }, index) => {
    const y = size.head + index * size.row;
    const width = (value / longest) * size.plot;
    return [
      svgText(0, y + 15, wrapped(name, 36, 1)[0] ?? ""),
      svgBox({ x: size.side, y: y + 3, width: Math.max(width, 1), height: size.row - 8, radius: 2 }, "start"),
      svgText(size.side + width + 8, y + 15, value.toFixed(1), { look: "dim" }),
    ];
  });
  return {
    name: "bench",
    title: "CPU seconds of a run",
    description: `A run costs ${median.cpuSeconds.total.toFixed(1)} CPU seconds; ${bars[0]?.name ?? "nothing"} costs most, ${bars[0]?.value.toFixed(1) ?? 0}.`,
    width: size.side + size.plot + size.value,
    height: size.head + bars.length * size.row + 4,
    content: content.join("\n"),
    table: { head: ["what", "CPU seconds"], rows: bars.map(({ name, value }) => [name, value.toFixed(1)]) },
  };
}
