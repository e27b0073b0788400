import { type ItemNumber, itemId, itemNumbers, items } from "../judge/items.ts";
import type { Judgements } from "../judge/judge.ts";
import type { Outcome } from "../judge/judgement.ts";
import { type Verdict, verdictOf } from "../judge/verdict.ts";

/** The columns of a report: without a gateway, and by the version of LiteLLM. */
export type ColumnName = "direct" | `litellm ${string}`;

/** One item in one column. */
export interface ReportedItem {
  id: string;
  number: ItemNumber;
  title: string;
  outcome: Outcome;
  evidence: string;
  fix: string | null;
  condition: string | null;
}

/** What a column ended with. */
export interface ReportedColumn {
  name: ColumnName;
  items: readonly ReportedItem[];
}

/** What a gateway did to a candidate that is sound without it. */
export interface GatewayFault {
  column: ColumnName;
  what: string;
}

/** The result of the gate, as onboarding.json has it (onboard/report/onboarding.schema.json). */
export interface GateReport {
  schemaVersion: 1;
  candidate: { name: string; file: string; version: string | null; digest: string | null; lock: string | null };
  startedAt: string;
  finishedAt: string;
  verdict: Verdict;
  /** What must hold where the verdict has conditions. */
  conditions: readonly string[];
  columns: readonly ReportedColumn[];
  gatewayFaults: readonly GatewayFault[];
  /** What it takes to go live; empty for a candidate that is rejected. */
  toGoLive: readonly { where: string; text: string }[];
}

/** A column of judgements. */
export function reportedColumn(name: ColumnName, judged: Judgements): ReportedColumn {
  return {
    name,
    items: itemNumbers.map((number) => {
      const { outcome, evidence, fix = null, condition = null } = judged[number];
      return { id: itemId(number), number, title: items[number], outcome, evidence, fix, condition };
    }),
  };
}

/** Conditions of the items, each once. */
export function conditionsOf(judged: Judgements): string[] {
  return itemNumbers.flatMap((number) => {
    const { outcome, condition } = judged[number];
    return outcome === "conditional" && condition !== undefined ? [`${itemId(number)}: ${condition}`] : [];
  });
}

/** The verdict of the whole. */
export function reportVerdict(judged: Judgements): Verdict {
  return verdictOf(judged);
}
