import type { ComparedCell } from "../../helpers/checks/comparison.ts";
import { type Picture, svgBox, svgText, wrapped } from "./svg.ts";

/** Sizes in pixels, and in characters. */
const size = { column: 172, row: 54, gap: 3, side: 250, head: 62, sideText: 34, cellText: 21, headText: 24 };

/** How many rows the description names. */
const namedRows = 8;

/** What a matrix is about. */
export interface MatrixCaption {
  name: string;
  title: string;
  /** What rows and columns are, e.g. `from` and `to`. */
  axes: { row: string; column: string };
  /** In the order in which they are shown. */
  rows: readonly string[];
  columns: readonly string[];
  /** What one case is, e.g. `request`. */
  unit: string;
}

/** A matrix of what was expected and found: green where everything holds, red where something does not. */
export function matrixPicture(cells: readonly ComparedCell[], caption: MatrixCaption): Picture {
  const { rows, columns, axes } = caption;
  const at = new Map(cells.map((cell) => [place(cell.row, cell.column), cell]));
  const [left, top] = [size.side, size.head];
  const heads = columns.flatMap((column, index) =>
    bottomUp(
      column.split(", ").flatMap((line) => wrapped(line, size.headText, 2)),
      top - 10,
    ).map(([y, line]) =>
      svgText(left + index * size.column + size.column / 2, y, line, { look: "head", anchor: "middle" }),
    ),
  );
  const sides = rows.flatMap((row, index) => {
    const lines = wrapped(row, size.sideText, 3);
    const middle = top + index * size.row + size.row / 2 + 5 - ((lines.length - 1) * 16) / 2;
    return lines.map((line, number) => svgText(0, middle + number * 16, line));
  });
  const squares = rows.flatMap((row, y) =>
    columns.map((column, x) =>
      square(at.get(place(row, column)), left + x * size.column, top + y * size.row, caption.unit),
    ),
  );
  return {
    name: caption.name,
    title: caption.title,
    description: describe(cells, caption),
    width: left + columns.length * size.column,
    height: top + rows.length * size.row + 4,
    content: [...heads, ...sides, ...squares].join("\n"),
    table: {
      head: [axes.row, axes.column, "expected", "found", "cases", "wrong"],
      rows: cells.map(({ row, column, expected, found, cases, failed }) => [
        row,
        column,
        expected.join(", "),
        found.join(", "),
        String(cases),
        String(failed),
      ]),
    },
  };
}

function describe(cells: readonly ComparedCell[], { unit }: MatrixCaption): string {
  const tried = cells.filter((one) => !isLeftOut(one)).reduce((sum, { cases }) => sum + cases, 0);
  const failed = cells.reduce((sum, one) => sum + one.failed, 0);
  if (failed === 0) return `All ${tried} ${unit}s end as expected.`;
  const wrong = cells.filter((one) => one.failed > 0);
  const rows = [...new Set(wrong.map(({ row }) => row.split(": ")[0] ?? row))];
  const more = rows.length > namedRows ? ` and ${rows.length - namedRows} more` : "";
  return `${failed} of ${tried} ${unit}s do not end as expected: see ${rows.slice(0, namedRows).join(", ")}${more}.`;
}

/** What is expected of a cell that this run leaves out. */
const notRun = "not run";

function isLeftOut({ expected }: ComparedCell): boolean {
  return expected.join() === notRun;
}

function square(cell: ComparedCell | undefined, x: number, y: number, unit: string): string {
  const middle = x + size.column / 2;
  if (cell === undefined) return svgText(middle, y + size.row / 2 + 5, "·", { look: "dim", anchor: "middle" });
  if (isLeftOut(cell)) return svgText(middle, y + size.row / 2 + 5, notRun, { look: "dim", anchor: "middle" });
  const { row, column, cases, failed } = cell;
  const [expected, found] = [cell.expected.join(", "), cell.found.join(", ")];
  const hint = `${row}\n${column}\nexpected: ${expected}\nfound: ${found}\n${cases} ${unit}s, ${failed} wrong`;
  const box = { x: x + size.gap, y: y + size.gap, width: size.column - 2 * size.gap, height: size.row - 2 * size.gap };
  const lines = failed > 0 ? wrongLines(cell, expected) : rightLines(cell, expected, found);
  const start = y + size.row / 2 + 5 - ((lines.length - 1) * 17) / 2;
  return [
    "<g>",
    svgBox(box, failed > 0 ? "bad" : "ok", hint),
    ...lines.map((line, index) =>
      svgText(middle, start + index * 17, wrapped(line, size.cellText, 1)[0] ?? "", {
        look: index > 0 ? "dim" : failed > 0 ? "bad-text strong" : "ok-text strong",
        anchor: "middle",
      }),
    ),
    "</g>",
  ].join("");
}

function wrongLines({ found, cases, failed }: ComparedCell, expected: string): string[] {
  return [`✗ ${found[0] ?? ""}`, cases === 1 ? `not ${expected}` : `${failed}/${cases} not ${expected}`];
}

function rightLines(cell: ComparedCell, expected: string, found: string): string[] {
  const { cases } = cell;
  const detail = cases > 1 ? [`all ${cases}`] : found === expected ? [] : [found];
  return [`✓ ${cell.expected.length > 1 ? "as expected" : expected}`, ...detail];
}

function bottomUp(lines: readonly string[], bottom: number): [number, string][] {
  return lines.map((line, index) => [bottom - (lines.length - 1 - index) * 16, line]);
}

function place(row: string, column: string): string {
  return JSON.stringify([row, column]);
}
