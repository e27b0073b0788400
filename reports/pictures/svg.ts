import { escapeHtml } from "../status/markdown.ts";

/** How pictures look within a page, whose colours they share. */
export const pictureStyle = `
.picture text { font: 13px -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; fill: var(--text); } .picture .dim { fill: var(--dim); font-size: 12px; } .picture .head { font-size: 12px; } .picture .strong { font-weight: 600; }
.picture .ok { fill: var(--passed-back); stroke: var(--passed); } .picture .bad { fill: var(--failed-back); stroke: var(--failed); stroke-width: 2; }
.picture .none { fill: var(--panel); stroke: var(--line); } .picture .line { stroke: var(--line); } .picture .solid-ok { fill: var(--passed); } .picture .solid-bad { fill: var(--failed); }
.picture .solid-gap { fill: var(--gap); } .picture .solid-unsupported { fill: var(--unsupported); } .picture .solid-none { fill: var(--line); } .picture .build { fill: var(--unsupported); } .picture .start { fill: var(--link); }
.picture .ok-text { fill: var(--passed); } .picture .bad-text { fill: var(--failed); }
`;

/** The colours of a picture that is a file of its own: the page's, by the reader's light or dark mode. */
const ownColours = `
svg { color-scheme: light dark; --page: #fff; --panel: #f6f7f9; --line: #d5dae1; --text: #1b2430; --dim: #55606e; --link: #0b57b0; --passed: #14683a; --passed-back: #dff3e6; --failed: #a91b12; --failed-back: #fde4e1; --gap: #7a4d00; --unsupported: #46527a; }
@media (prefers-color-scheme: dark) { svg { --page: #12161c; --panel: #1a2029; --line: #394352; --text: #e6eaf0; --dim: #a7b1bf; --link: #7db7ff; --passed: #7fdba3; --passed-back: #14331f; --failed: #ff9d94; --failed-back: #43191a; --gap: #f3c969; --unsupported: #b3c0ee; } }
`;

/** A picture with its text alternative. */
export interface Picture {
  /** Name of its file without the ending, e.g. `edge-decisions`. */
  name: string;
  title: string;
  /** What it shows, in one or two sentences; what a reader gets who does not see it. */
  description: string;
  width: number;
  height: number;
  /** SVG elements. */
  content: string;
  /** The same data as a table: its head and its rows. */
  table: { head: readonly string[]; rows: readonly (readonly string[])[] };
}

/** The picture within a page. */
export function svgInPage(picture: Picture): string {
  return svg(picture, "", "");
}

/** The picture as a file of its own. */
export function svgFile(picture: Picture): string {
  const background = `<rect width="100%" height="100%" fill="var(--page)"/>`;
  return `${svg(picture, `<style>${ownColours}${pictureStyle}</style>`, background)}\n`;
}

function svg({ name, title, description, width, height, content }: Picture, style: string, background: string): string {
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" class="picture" role="img" aria-labelledby="${name}-title ${name}-description" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}">`,
    `<title id="${name}-title">${escapeHtml(title)}</title><desc id="${name}-description">${escapeHtml(description)}</desc>${style}${background}`,
    content,
    "</svg>",
  ].join("\n");
}

/** A line of text at a place. */
export function svgText(
  x: number,
  y: number,
  text: string,
  { look = "", anchor = "start" }: { look?: string; anchor?: "start" | "middle" | "end" } = {},
): string {
  const classes = look === "" ? "" : ` class="${look}"`;
  return `<text x="${round(x)}" y="${round(y)}"${classes}${anchor === "start" ? "" : ` text-anchor="${anchor}"`}>${escapeHtml(text)}</text>`;
}

/** A rectangle, with a text that a pointer shows. */
export function svgBox(
  { x, y, width, height, radius = 4 }: { x: number; y: number; width: number; height: number; radius?: number },
  look: string,
  hint = "",
): string {
  const title = hint === "" ? "" : `<title>${escapeHtml(hint)}</title>`;
  return `<rect class="${look}" x="${round(x)}" y="${round(y)}" width="${round(width)}" height="${round(height)}" rx="${radius}">${title}</rect>`;
}

/** A text in lines of at most so many characters; the last one ends in an ellipsis where there would be more lines. */
export function wrapped(text: string, longest: number, lines: number): string[] {
  const all: string[] = [];
  for (const word of text.split(/\s+/)) {
    const last = all.at(-1);
    if (last !== undefined && last.length + word.length < longest) all[all.length - 1] = `${last} ${word}`;
    else all.push(word);
  }
  const kept = all.slice(0, lines).map((line) => (line.length > longest ? `${line.slice(0, longest - 1)}…` : line));
  const end = kept.length - 1;
  if (all.length > lines) kept[end] = `${(kept[end] ?? "").slice(0, longest - 1)}…`;
  return kept;
}

function round(size: number): number {
  return Math.round(size * 10) / 10;
}
