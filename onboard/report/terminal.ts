import { stripVTControlCharacters } from "node:util";
import type { GateReport, ReportedItem } from "../gate/report.ts";

const marks: Readonly<Record<ReportedItem["outcome"], string>> = {
  pass: "pass",
  fail: "FAIL",
  conditional: "cond",
  "not applicable": "  - ",
};

/** Says of a report that it has the column `direct` only. */
export const aloneText =
  "judged alone, in direct only: the candidate file names no deployment, so nothing is known of a gateway";

/** The gate's result for a terminal: a line for each item, what failed and why, and the verdict. */
export function terminalText(report: GateReport): string {
  const { candidate, columns, verdict, conditions, toGoLive, gatewayFaults } = report;
  const [direct] = columns;
  if (direct === undefined) throw new Error("a report has a column");
  const width = Math.max(...columns.map(({ name }) => name.length));
  const titles = Math.max(...direct.items.map(({ title }) => title.length));
  const lines = [
    `${candidate.name} ${candidate.version ?? ""} (${candidate.file})`,
    ...(candidate.deployment === null ? [aloneText] : []),
    "",
    `${"".padEnd(titles + 10)}${columns.map(({ name }) => name.padEnd(width + 2)).join("")}`,
    ...direct.items.map(({ id, title, number }) =>
      `${id}  ${title.padEnd(titles)} ${columns
        .map(({ items }) =>
          (marks[items.find((one) => one.number === number)?.outcome ?? "not applicable"] ?? "").padEnd(width + 2),
        )
        .join("")}`.trimEnd(),
    ),
    "",
    ...columns.flatMap(({ name, items }) =>
      items
        .filter(({ outcome }) => outcome === "fail" || outcome === "conditional")
        .flatMap((item) => detailLines(item, columns.length > 1 ? ` (${name})` : "")),
    ),
    // Of a candidate that is accepted they are among the conditions.
    ...(verdict === "reject"
      ? gatewayFaults.map(({ column, what }) => `the gateway's fault (${column}): ${what}`)
      : []),
    `${verdict.toUpperCase()}: ${summary(report)}`,
    ...(verdict === "accept with conditions" ? conditions.map((condition) => `  ${condition}`) : []),
    ...toGoLive.flatMap(({ where, text }) => ["", `${where}:`, ...indented(text)]),
  ];
  return `${lines.map((line) => stripVTControlCharacters(line)).join("\n")}\n`;
}

function detailLines({ id, title, outcome, evidence, fix, condition }: ReportedItem, column: string): string[] {
  return [
    `${id}${column} ${outcome}: ${title}`,
    ...indented(evidence),
    ...(fix === null ? [] : [`  fix: ${fix}`]),
    ...(condition === null ? [] : [`  condition: ${condition}`]),
    "",
  ];
}

function indented(text: string): string[] {
  return text
    .trimEnd()
    .split("\n")
    .map((line) => `  ${line}`);
}

/** How many items ended how without a gateway, and how many faults the gateways have. */
export function summary({ columns, gatewayFaults }: GateReport): string {
  const [direct] = columns;
  const count = (outcome: ReportedItem["outcome"]): number =>
    (direct?.items ?? []).filter((item) => item.outcome === outcome).length;
  const counts = (["pass", "conditional", "fail", "not applicable"] as const).map(
    (outcome) => `${count(outcome)} ${outcome}`,
  );
  const faults = gatewayFaults.length === 0 ? [] : [`${gatewayFaults.length} conditional through a gateway`];
  return [...counts, ...faults].join(", ");
}
