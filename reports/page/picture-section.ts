import { type Picture, svgInPage } from "../pictures/svg.ts";
import { escapeHtml } from "../status/markdown.ts";
import { folded, scrollingTable } from "./html.ts";

/** The pictures, each with its data as a table. */
export function pictureSection(pictures: readonly Picture[]): string {
  return pictures.length === 0 ? "" : ['<h2 id="pictures">Pictures</h2>', ...pictures.map(figure)].join("\n");
}

/** A picture with its title, its description and its data. */
export function figure(picture: Picture): string {
  const { title, description, table } = picture;
  const rows = table.rows.map((row) => row.map(escapeHtml));
  return `<figure><figcaption><h3>${escapeHtml(title)}</h3>${escapeHtml(description)}</figcaption>
<div class="scroll" tabindex="0" role="region" aria-label="${escapeHtml(title)}">${svgInPage(picture)}</div>
${folded("the same as a table", scrollingTable(`${title}, as a table`, table.head.map(escapeHtml), rows))}</figure>`;
}
