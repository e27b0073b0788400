import { axes, type Cell } from "./matrix.ts";

/** Sizes in pixels. */
const size = { column: 148, row: 92, head: 52, side: 132, edge: 28, title: 92, legend: 64 };

const looks = {
  allowed: { fill: "#e3f4e8", line: "#2e8b57", text: "#14532d" },
  denied: { fill: "#f1f3f6", line: "#d4d9e0", text: "#5b6573" },
  wrong: { fill: "#fde3e1", line: "#d23b30", text: "#8a1c14" },
  self: { fill: "#ffffff", line: "#eceff3", text: "#b8bfc9" },
} as const;

type Look = keyof typeof looks;

/** The picture's heading. */
export interface Caption {
  /** Name of the deployment, e.g. `reference`. */
  deployment: string;
  /** How many connections were tried. */
  attempts: number;
}

/** The matrix as an SVG document: one row per source, one column per target; colours for allowed, denied and wrong. */
export function matrixPicture(cells: readonly Cell[], { deployment, attempts }: Caption): string {
  const { sources, targets } = axes(cells);
  const left = size.edge + size.side;
  const top = size.title + size.head;
  const width = left + targets.length * size.column + size.edge;
  const height = top + sources.length * size.row + size.legend;
  const wrong = cells.filter(({ verdict }) => isWrong(verdict));
  const pairs = unique(wrong.map(pairOf)).length;
  const verdict =
    pairs === 0 ? "matches the policy" : `${pairs} ${pairs === 1 ? "pair does" : "pairs do"} not match the policy`;
  const squares = sources.flatMap((from, row) =>
    targets.map((to, column) =>
      square(
        { x: left + column * size.column, y: top + row * size.row },
        from === to ? undefined : cells.filter((cell) => cell.from === from && cell.to === to),
      ),
    ),
  );
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="Who reaches whom: ${markup(verdict)}">`,
    `<style>text{font-family:system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif}</style>`,
    `<rect width="100%" height="100%" fill="#ffffff"/>`,
    text(size.edge, 44, "Who reaches whom", { size: 22, weight: 650, fill: "#1d2430" }),
    text(size.edge, 70, `${deployment}: ${verdict} · ${attempts.toLocaleString("en")} connections tried`, {
      size: 13,
      fill: wrong.length === 0 ? "#5b6573" : looks.wrong.text,
    }),
    text(left - 14, top - 14, "from ↓   to →", { size: 12, fill: "#8a93a0", anchor: "end" }),
    ...targets.map((to, column) =>
      text(left + column * size.column + size.column / 2, top - 14, to, { size: 14, weight: 600, anchor: "middle" }),
    ),
    ...sources.map((from, row) =>
      text(left - 14, top + row * size.row + size.row / 2 + 5, from, { size: 14, weight: 600, anchor: "end" }),
    ),
    ...squares,
    ...legend(left, top + sources.length * size.row + 34),
    "</svg>",
    "",
  ].join("\n");
}

function square({ x, y }: { x: number; y: number }, cells: readonly Cell[] | undefined): string {
  const box = (look: Look, lines: readonly string[], hint: string): string => {
    const { fill, line, text: ink } = looks[look];
    const isLoud = (index: number): boolean =>
      (look === "allowed" && index === 0) || (look === "wrong" && index < lines.length - 1);
    const middle = y + size.row / 2 - (lines.length - 1) * 10 + 5;
    return [
      `<g><title>${markup(hint)}</title>`,
      `<rect x="${x + 4}" y="${y + 4}" width="${size.column - 8}" height="${size.row - 8}" rx="9" fill="${fill}" stroke="${line}"${look === "wrong" ? ' stroke-width="2"' : ""}/>`,
      ...lines.map((one, index) =>
        text(x + size.column / 2, middle + index * 20, one, {
          size: isLoud(index) ? 16 : 12,
          weight: isLoud(index) ? 650 : 400,
          fill: ink,
          anchor: "middle",
        }),
      ),
      "</g>",
    ].join("");
  };
  if (cells === undefined) return box("self", ["itself"], "");
  const hint = cells
    .map(({ port, outcome, verdict, address }) => `${address} ${port}: ${outcome} (${verdict})`)
    .join("\n");
  const bad = cells.filter(({ verdict }) => isWrong(verdict));
  if (bad.length > 0) {
    const [open, blocked] = [portsOf(bad, "open"), portsOf(bad, "blocked")];
    const lines = [
      ...(open.length > 0 ? [`${list(open)} open`] : []),
      ...(blocked.length > 0 ? [`${list(blocked)} blocked`] : []),
    ];
    return box("wrong", [...lines, families(bad)], hint);
  }
  const allowed = cells.filter(({ verdict }) => verdict === "allowed");
  if (allowed.length > 0) return box("allowed", [list(portsOf(cells, "allowed")), families(allowed)], hint);
  return box("denied", ["nothing", denialText(cells)], hint);
}

/** How the source experiences the denial: `refused`, `dropped`, `no route` or `isolated`. */
function denialText(cells: readonly Cell[]): string {
  const denied = cells.filter(({ verdict }) => verdict === "denied");
  // A pair without IPv6 has no route there, which says less than how IPv4 is denied.
  const shown = denied.some(({ family }) => family === 4) ? denied.filter(({ family }) => family === 4) : denied;
  const words = shown.map(({ fate, outcome }) => {
    if (fate === "kept-inside" || fate === "dropped-by-docker") return "isolated";
    return outcome === "reset" ? "refused" : outcome;
  });
  return unique(words).join(", ");
}

function families(cells: readonly Cell[]): string {
  const both = unique(cells.map(({ family }) => family));
  if (both.length === 2) return "IPv4 and IPv6";
  return both[0] === 6 ? "IPv6 only" : "IPv4";
}

function legend(x: number, y: number): string[] {
  const items: [Look, string][] = [
    ["allowed", "connects, as in the policy"],
    ["denied", "denied, as in the policy"],
    ["wrong", "differs from the policy: open or blocked"],
  ];
  return items.flatMap(([look, words], index) => {
    const at = x + 4 + index * 252;
    const { fill, line } = looks[look];
    return [
      `<rect x="${at}" y="${y - 12}" width="16" height="16" rx="4" fill="${fill}" stroke="${line}"/>`,
      text(at + 24, y + 1, words, { size: 12, fill: "#5b6573" }),
    ];
  });
}

function text(
  x: number,
  y: number,
  content: string,
  {
    size: pixels,
    weight = 400,
    fill = "#1d2430",
    anchor = "start",
  }: { size: number; weight?: number; fill?: string; anchor?: string },
): string {
  return `<text x="${x}" y="${y}" font-size="${pixels}" font-weight="${weight}" fill="${fill}" text-anchor="${anchor}">${markup(content)}</text>`;
}

/** With more ports than this, a square shows their number. */
const shownPorts = 3;

function list(ports: readonly number[]): string {
  return ports.length > shownPorts ? `${ports.length} ports` : ports.join(", ");
}

function portsOf(cells: readonly Cell[], verdict: Cell["verdict"]): number[] {
  return unique(cells.filter((cell) => cell.verdict === verdict).map(({ port }) => port));
}

function pairOf({ from, to }: Cell): string {
  return `${from} ${to}`;
}

function isWrong(verdict: Cell["verdict"]): boolean {
  return verdict === "open" || verdict === "blocked";
}

function unique<T>(items: readonly T[]): T[] {
  return [...new Set(items)];
}

function markup(content: string): string {
  return content.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}
