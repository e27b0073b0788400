import { inline, scrollingTable } from "../../reports/page/html.ts";
import { pageOf } from "../../reports/page/page-shell.ts";
import { escapeHtml } from "../../reports/status/markdown.ts";
import type { GateReport, ReportedColumn, ReportedItem } from "../gate/report.ts";
import { aloneText, summary } from "./terminal.ts";

/** The class of each outcome in the style of all pages. */
const classes: Readonly<Record<ReportedItem["outcome"], string>> = {
  pass: "passed",
  fail: "failed",
  conditional: "known-gap",
  "not applicable": "not-supported",
};

const verdictClasses: Readonly<Record<GateReport["verdict"], string>> = {
  accept: "conformant",
  "accept with conditions": "environment-failed",
  reject: "not-conformant",
};

/** The result as one page that needs nothing else. */
export function pageText(report: GateReport): string {
  const { candidate, verdict, conditions, columns, gatewayFaults, toGoLive, finishedAt } = report;
  const name = `${candidate.name} ${candidate.version ?? ""}`.trim();
  const alone = candidate.deployment === null ? `<p>${escapeHtml(sentence(aloneText))}.</p>` : "";
  return pageOf(`${verdict}: ${name}`, [
    `<header><div class="verdict ${verdictClasses[verdict]}"><div><h1>${escapeHtml(sentence(verdict))}</h1>`,
    `<p>${escapeHtml(name)}, ${escapeHtml(summary(report))}, ${escapeHtml(finishedAt)}</p>${alone}</div></div></header>`,
    "<main>",
    ...section("Conditions", conditions.length > 0 && verdict !== "reject" ? [list(conditions)] : []),
    ...section(
      "The gateway's faults",
      gatewayFaults.length > 0 && verdict === "reject"
        ? [list(gatewayFaults.map((one) => `${one.column}: ${one.what}`))]
        : [],
    ),
    ...section("Failed", cards(columns, "fail")),
    ...section("Conditional", cards(columns, "conditional")),
    ...section(
      "To go live",
      toGoLive.map(({ where, text }) => `<h3>${inline(where)}</h3><pre tabindex="0">${escapeHtml(text)}</pre>`),
    ),
    ...section("All items", [itemTable(columns)]),
    "</main>",
    `<footer>${escapeHtml(candidate.file)}${candidate.digest === null ? "" : `, ${escapeHtml(candidate.digest)}`}</footer>`,
  ]);
}

function sentence(verdict: string): string {
  return `${verdict.charAt(0).toUpperCase()}${verdict.slice(1)}`;
}

function section(title: string, content: readonly string[]): string[] {
  return content.length === 0 ? [] : [`<section><h2>${title}</h2>`, ...content, "</section>"];
}

function list(texts: readonly string[]): string {
  return `<ul>${texts.map((text) => `<li>${inline(text)}</li>`).join("")}</ul>`;
}

function cards(columns: readonly ReportedColumn[], outcome: ReportedItem["outcome"]): string[] {
  return columns.flatMap(({ name, items }) =>
    items
      .filter((item) => item.outcome === outcome)
      .map(
        ({ id, title, evidence, fix, condition }) =>
          `<article class="card${outcome === "fail" ? "" : " quiet"}"><h3>${id} ${inline(title)} <span class="dim">${escapeHtml(name)}</span></h3>` +
          `<pre tabindex="0">${escapeHtml(evidence)}</pre>` +
          (fix === null ? "" : `<p>Fix: ${inline(fix)}</p>`) +
          (condition === null ? "" : `<p>Condition: ${inline(condition)}</p>`) +
          "</article>",
      ),
  );
}

function itemTable(columns: readonly ReportedColumn[]): string {
  const [first] = columns;
  const rows = (first?.items ?? []).map(({ id, number, title }) => [
    id,
    inline(title),
    ...columns.map(({ items }) => badge(items.find((item) => item.number === number)?.outcome ?? "not applicable")),
    `<span class="small">${escapeHtml(evidenceOf(columns, number).split("\n")[0] ?? "")}</span>`,
  ]);
  return scrollingTable(
    "all items",
    ["Item", "What", ...columns.map(({ name }) => escapeHtml(name)), "Evidence"],
    rows,
  );
}

/** What was seen in the column that matters most: one that has a finding, else the first that judges the item. */
function evidenceOf(columns: readonly ReportedColumn[], number: number): string {
  const all = columns.flatMap(({ items }) => items.filter((item) => item.number === number));
  const order: readonly ReportedItem["outcome"][] = ["fail", "conditional", "pass", "not applicable"];
  return order.flatMap((outcome) => all.filter((item) => item.outcome === outcome))[0]?.evidence ?? "";
}

function badge(outcome: ReportedItem["outcome"]): string {
  return `<span class="badge ${classes[outcome]}">${outcome}</span>`;
}
