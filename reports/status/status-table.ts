import type { ReportedCheck } from "../model/conformance-report.ts";

/** A table in Markdown, with an empty line after it. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const line = (cells: readonly string[]): string => `| ${cells.map(cell).join(" | ")} |`;
  return [line(head), `|${head.map(() => " --- ").join("|")}|`, ...rows.map(line), ""];
}

/** A text as it can stand in a table's cell. */
function cell(text: string): string {
  return text.replaceAll("|", "\\|").replaceAll(/\s*\n\s*/g, " ");
}

/** What a failed check left, as links. */
export function evidenceLinks({ failureFolder, evidence }: ReportedCheck): string {
  const [first] = evidence;
  if (failureFolder !== null) return `[failure](${failureFolder}/failure.txt) [script](${failureFolder}/repro.sh)`;
  return first === undefined ? "" : `[evidence](${first})`;
}
