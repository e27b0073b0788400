import { type ConformanceReport, checksOf } from "../model/conformance-report.ts";
import { table } from "./status-table.ts";

/** How long what a client shows may be, in characters. */
const longestCell = 300;

/** How far each MCP client gets with its login: one row for each client and way to register. Empty where no client was tried. */
export function clientLogins(report: ConformanceReport): string[] {
  const comparisons = checksOf(report).flatMap((check) => check.comparisons);
  const cells = comparisons.flatMap(({ subject, cells }) => (subject === "logins" ? cells : []));
  if (cells.length === 0) return [];
  return [
    "## MCP clients at the login",
    "",
    ...table(
      ["client", "registration", "the last step that it reaches", "holds"],
      cells
        .toSorted((a, b) => a.row.localeCompare(b.row) || a.column.localeCompare(b.column))
        .map(({ row, column, expected, found, failed }) => [
          row,
          column,
          cut(found.join(", ")),
          failed === 0 ? "yes" : `no: at a correct gateway it reaches ${expected.join(", ")}`,
        ]),
    ),
  ];
}

function cut(text: string): string {
  return text.length <= longestCell ? text : `${text.slice(0, longestCell)} …`;
}
