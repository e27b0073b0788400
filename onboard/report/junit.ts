import type { GateReport, ReportedItem } from "../gate/report.ts";

/** The result as JUnit XML: a suite of each column, a case of each item. */
export function junitText({ candidate, columns, startedAt, finishedAt }: GateReport): string {
  const seconds = (Date.parse(finishedAt) - Date.parse(startedAt)) / 1000;
  const all = columns.flatMap(({ items }) => items);
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="${escaped(candidate.name)}" ${counts(all)} time="${seconds.toFixed(3)}" timestamp="${startedAt}">`,
    ...columns.flatMap(({ name, items }) => [
      `  <testsuite name="${escaped(name)}" ${counts(items)}>`,
      ...items.map((item) => `    ${testCase(item, candidate.file)}`),
      "  </testsuite>",
    ]),
    "</testsuites>",
    "",
  ].join("\n");
}

function testCase({ id, title, outcome, evidence, fix, condition }: ReportedItem, file: string): string {
  const head = `testcase classname="${id}" name="${escaped(title)}" file="${escaped(file)}"`;
  const text = escaped([evidence, fix === null ? "" : `fix: ${fix}`].filter((line) => line !== "").join("\n"));
  switch (outcome) {
    case "pass":
      return `<${head}/>`;
    case "fail":
      return `<${head}><failure message="${escaped(evidence.split("\n")[0] ?? "")}">${text}</failure></testcase>`;
    case "conditional":
      return `<${head}><system-out>condition: ${escaped(condition ?? "")}\n${text}</system-out></testcase>`;
    case "not applicable":
      return `<${head}><skipped message="${escaped(evidence)}"/></testcase>`;
  }
}

function counts(items: readonly ReportedItem[]): string {
  const count = (outcome: ReportedItem["outcome"]): number => items.filter((item) => item.outcome === outcome).length;
  return `tests="${items.length}" failures="${count("fail")}" errors="0" skipped="${count("not applicable")}"`;
}

/** Characters that XML 1.0 forbids; answers of a server can have them. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is removed
const forbidden = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g;

function escaped(text: string): string {
  return text
    .replaceAll(forbidden, "\ufffd")
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}
