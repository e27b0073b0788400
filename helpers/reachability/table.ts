import { axes, type Cell } from "./matrix.ts";

/** The matrix as aligned text: one row per source, one column per target. */
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

/** The rows and columns of {@link matrixTable} that have one of the pairs. */
export function tableOfPairs(cells: readonly Cell[], pairs: readonly Pick<Cell, "from" | "to">[]): string {
  const [sources, targets] = [new Set(pairs.map(({ from }) => from)), new Set(pairs.map(({ to }) => to))];
  return matrixTable(cells.filter(({ from, to }) => sources.has(from) && targets.has(to)));
}

/**
 * A pair in one table cell: `80 4000` if allowed, `!9090 open` and `!80 blocked` if wrong, `-` if denied, `·` if not
 * tried.
 */
export function summary(cells: readonly Cell[]): string {
  if (cells.length === 0) return "·";
  const ports = (verdict: Cell["verdict"]): number[] =>
    unique(cells.filter((cell) => cell.verdict === verdict).map(({ port }) => port));
  const wrong = (["open", "blocked"] as const).flatMap((verdict) => {
    const list = ports(verdict);
    if (list.length === 0) return [];
    return [`!${list.length > shownPorts ? `${list.length} ports` : list.join(",")} ${verdict}`];
  });
  const allowed = ports("allowed").filter((port) => !ports("blocked").includes(port));
  return [...allowed.map(String), ...wrong].join(" ") || "-";
}

/** What happens to the connections of a pair, as {@link summary}, and for a denied pair how its source experiences that. */
export function fateOf(cells: readonly Cell[]): string {
  const text = summary(cells);
  if (text !== "-") return text;
  const denied = cells.filter(({ verdict }) => verdict === "denied");
  const words = denied.map(({ fate, outcome }) => {
    if (fate === "kept-inside" || fate === "dropped-by-docker") return "isolated";
    return outcome === "reset" ? "refused" : outcome;
  });
  return unique(words).join(", ") || "nothing";
}

/** With more ports than this, a cell shows their number. */
const shownPorts = 4;

function unique<T>(items: readonly T[]): T[] {
  return [...new Set(items)];
}
