import { createHash } from "node:crypto";
import { escapeHtml } from "../status/markdown.ts";

/** A text as HTML: escaped, with `…` in backticks as code. */
export function inline(text: string): string {
  return escapeHtml(text).replaceAll(/`([^`]+)`/g, "<code>$1</code>");
}

/** A link; only to the web, or to a file next to the page. */
export function link(href: string, text: string): string {
  return /^(https?:\/\/|[\w./#-]+$)/.test(href) ? `<a href="${escapeHtml(href)}">${inline(text)}</a>` : inline(text);
}

/** A link to a check in Allure's page, which knows it by the hash of its id. */
export function allureLink(checkId: string, text: string): string {
  const hash = createHash("md5").update(checkId).digest("hex");
  return `<a href="html/index.html#${hash}">${inline(text)}</a>`;
}

/** A line of a file, with a place to break long paths. */
export function place({ file, line }: { file: string; line?: number | null | undefined }): string {
  const path = escapeHtml(file).replaceAll("/", "/<wbr>");
  return `<code class="place">${path}${line == null ? "" : `:${line}`}</code>`;
}

/** A number with its unit, e.g. `1 check`, `3 checks`. */
export function counted(count: number, unit: string): string {
  return `${count} ${unit}${count === 1 ? "" : "s"}`;
}

/** A part of the page that can be closed; closed at first. */
export function folded(summary: string, content: string): string {
  return `<details><summary>${summary}</summary>${content}</details>`;
}

/** A table that scrolls by itself where the page is narrow. */
export function scrollingTable(label: string, head: readonly string[], rows: readonly (readonly string[])[]): string {
  const headings = head.map((text) => `<th scope="col">${text}</th>`).join("");
  const body = rows.map((cells) => `<tr>${cells.map((cell) => `<td>${cell}</td>`).join("")}</tr>`).join("\n");
  return `<div class="scroll" tabindex="0" role="region" aria-label="${escapeHtml(label)}"><table><thead><tr>${headings}</tr></thead><tbody>
${body}
</tbody></table></div>`;
}
