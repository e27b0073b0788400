import { axes, type Cell } from "./matrix.ts";

/** The matrix as text: a row for each source, a column for each target. */
export function matrixTable(cells: readonly Cell[]): string {
  const { sources, targets } = axes(cells);
  const rows = [
    ["from \\ to", ...targets],
    ...sources.map((from) => [
      from,
      ...targets.map((to) => summary(cells.filter((cell) => cell.from === from && cell.to === to))),
    ]),
  ];
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
  return rows
    .map((row) =>
      row
        .map((text, column) => text.padEnd(widths[column] ?? 0))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

/** `80 4000` for what is allowed, `!9090 open` and `!80 shut` for what is wrong, `-` for a pair that is denied. */
export function summary(cells: readonly Cell[]): string {
  if (cells.length === 0) return "·";
  const ports = (verdict: Cell["verdict"]): number[] =>
    unique(cells.filter((cell) => cell.verdict === verdict).map(({ port }) => port));
  const wrong = (["open", "shut"] as const).flatMap((verdict) => {
    const list = ports(verdict);
    if (list.length === 0) return [];
    return [`!${list.length > shownPorts ? `${list.length} ports` : list.join(",")} ${verdict}`];
  });
  const allowed = ports("allowed").filter((port) => !ports("shut").includes(port));
  return [...allowed.map(String), ...wrong].join(" ") || "-";
}

/** More than these in one cell are counted. */
const shownPorts = 4;

function unique<T>(items: readonly T[]): T[] {
  return [...new Set(items)];
}
