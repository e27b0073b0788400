import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ConformanceReport } from "../model/conformance-report.ts";
import { picturesOf } from "../pictures/pictures.ts";
import { svgFile } from "../pictures/svg.ts";
import { runPage } from "./run-page.ts";

/** Written when the page already exists. */
const later: ReadonlySet<string> = new Set(["html/index.html"]);

/** Files and folders of a run's directory that its page links to, where they are. */
const linked = [
  "html/index.html",
  "STATUS.md",
  "conformance.json",
  "junit.xml",
  "results.sarif",
  "failures/",
  "transcripts/",
  "evidence/",
];

/** Writes the first page of a report, `index.html`, and its pictures as files of their own, `pictures/*.svg`. */
export function writePage(report: ConformanceReport, directory: string): void {
  const files = linked.filter((file) => later.has(file) || existsSync(join(directory, file)));
  writeFileSync(join(directory, "index.html"), runPage(report, { files }));
  const pictures = picturesOf(report);
  if (pictures.length > 0) mkdirSync(join(directory, "pictures"), { recursive: true });
  for (const picture of pictures) writeFileSync(join(directory, "pictures", `${picture.name}.svg`), svgFile(picture));
}
