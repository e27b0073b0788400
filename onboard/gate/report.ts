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
  candidate: {
    name: string;
    file: string;
    version: string | null;
    digest: string | null;
    lock: string | null;
    deployment: string | null;
  };
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

/** A column of judgements through a gateway. */
export interface JudgedGateway {
  /** Of LiteLLM. */
  version: string;
  judged: Judgements;
}

/** How a candidate was judged in each column. */
export interface JudgedColumns {
  direct: Judgements;
  /** The deployment's own version first, and then the newest. */
  gateways: readonly JudgedGateway[];
  /** Whether the candidate file names no deployment; by default it does. */
  isAlone?: boolean;
}

/** What a candidate that was judged alone still needs. */
const noGateway =
  "no gateway: name the deployment that it is to join in the candidate file, and run the gate again before it goes live";

/**
 * The columns, and what follows from them. A gateway's fault never rejects: it is a condition. Nor does the newest version,
 * which the deployment does not run yet.
 */
export function columnsOf({
  direct,
  gateways,
  isAlone = false,
}: JudgedColumns): Pick<GateReport, "verdict" | "conditions" | "columns" | "gatewayFaults"> {
  const [current, newest] = gateways;
  const verdicts = [direct, ...(current === undefined ? [] : [current.judged])].map(verdictOf);
  const compared = gateways.map((gateway) => ({ ...gateway, judged: withOther(gateway, newest) }));
  const upgrade = newest === undefined ? [] : failuresOf(newest);
  const conditions = [
    ...conditionsOf(direct),
    ...compared.flatMap(({ judged, version }) => conditionsOf(judged, `litellm ${version}`)),
    ...upgrade,
    ...(isAlone ? [noGateway] : []),
  ];
  const accepted = conditions.length > 0 ? "accept with conditions" : "accept";
  return {
    verdict: verdicts.includes("reject") ? "reject" : accepted,
    conditions,
    columns: [
      reportedColumn("direct", direct),
      ...compared.map(({ version, judged }) => reportedColumn(`litellm ${version}`, judged)),
    ],
    gatewayFaults: compared.flatMap(({ version, judged }) =>
      conditionsOf(judged).map((what) => ({ column: `litellm ${version}` as const, what })),
    ),
  };
}

/** Judgements whose conditions say whether the newest version has the same fault. */
function withOther({ version, judged }: JudgedGateway, newest: JudgedGateway | undefined): Judgements {
  if (newest === undefined || newest.version === version) return judged;
  return Object.fromEntries(
    itemNumbers.map((number) => {
      const own = judged[number];
      const isFixed = own.outcome === "conditional" && newest.judged[number].outcome === "pass";
      return [
        number,
        isFixed ? { ...own, condition: `${own.condition}; the item passes on LiteLLM ${newest.version}` } : own,
      ];
    }),
  ) as unknown as Judgements;
}

/** What fails on the newest version alone: conditions of an upgrade. */
function failuresOf({ version, judged }: JudgedGateway): string[] {
  return itemNumbers.flatMap((number) =>
    judged[number].outcome === "fail"
      ? [`${itemId(number)} (litellm ${version}): no upgrade to ${version} before it passes there`]
      : [],
  );
}

function reportedColumn(name: ColumnName, judged: Judgements): ReportedColumn {
  return {
    name,
    items: itemNumbers.map((number) => {
      const { outcome, evidence, fix = null, condition = null } = judged[number];
      return { id: itemId(number), number, title: items[number], outcome, evidence, fix, condition };
    }),
  };
}

/** Conditions of the items, each once. */
function conditionsOf(judged: Judgements, column?: string): string[] {
  return itemNumbers.flatMap((number) => {
    const { outcome, condition } = judged[number];
    if (outcome !== "conditional" || condition === undefined) return [];
    return [`${itemId(number)}${column === undefined ? "" : ` (${column})`}: ${condition}`];
  });
}
