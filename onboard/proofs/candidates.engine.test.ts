import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { runConfig } from "../../helpers/core/run-config.ts";
import { Progress } from "../../helpers/core/terminal/progress.ts";
import { readCandidate } from "../candidate/read-candidate.ts";
import type { GateReport, ReportedItem } from "../gate/report.ts";
import { runGate } from "../gate/run-gate.ts";

/** How a real candidate of the repository must end. */
interface Expected {
  name: string;
  verdict: GateReport["verdict"];
  /** Evidence of the items that fail in `direct`. */
  fails: Readonly<Record<string, RegExp>>;
  /** Evidence of the items that are conditional in `direct`. */
  conditional: Readonly<Record<string, RegExp>>;
  /** Items that a gateway spoils, by column; none for a candidate that is judged alone. */
  spoiled?: Readonly<Record<string, readonly string[]>>;
}

async function judged(name: string): Promise<GateReport> {
  const candidate = readCandidate(join(import.meta.dirname, "../../candidates", `${name}.yaml`));
  return await runGate({
    candidate,
    config: runConfig(),
    progress: new Progress({ write: () => true }),
    isApproved: false,
  });
}

/** Dependencies without a pin change with the day of the test. */
function isDrift({ outcome, evidence }: ReportedItem): boolean {
  return outcome === "conditional" && evidence.startsWith("a dependency has changed since the approval");
}

function expectItems(
  report: GateReport,
  outcome: ReportedItem["outcome"],
  expected: Readonly<Record<string, RegExp>>,
): void {
  const items = (report.columns[0]?.items ?? []).filter((item) => item.outcome === outcome && !isDrift(item));
  const shown = items.map(({ id, evidence }) => `${id}: ${evidence}`).join("\n");
  expect(
    items.map(({ id }) => id),
    shown,
  ).toEqual(Object.keys(expected));
  for (const { id, evidence } of items) expect(evidence).toMatch(expected[id] ?? /^$/);
}

function proves({ name, verdict, fails, conditional, spoiled = {} }: Expected): void {
  test(`${name}: ${verdict}`, async () => {
    const report = await judged(name);
    expectItems(report, "fail", fails);
    expectItems(report, "conditional", conditional);
    const gateways = report.columns.slice(1).map(({ name: column, items }) => {
      const lost = items.filter(({ outcome }) => outcome === "fail" || outcome === "conditional");
      return [column, lost.map(({ id }) => id)];
    });
    expect(Object.fromEntries(gateways)).toEqual(spoiled);
    expect(report.verdict).toBe(verdict);
  });
}

/** Small ones that are judged alone: a few seconds each. */
const small: readonly Expected[] = [
  {
    name: "timescaledb_mcp",
    verdict: "reject",
    fails: {
      "GATE-09": /no_such_tool_of_this_server\({}\): accepted/,
      "GATE-10": /relation "absent" does not exist/,
      "GATE-14": /execute_query has no readOnlyHint/,
      "GATE-15": /execute_query\({"query":"DELETE FROM readings"}\) changed database/,
    },
    conditional: {
      "GATE-18": /execute_query \(prometheus\)/,
      "GATE-19": /nothing of it was approved yet/,
      "GATE-24": /TIMESCALEDB_PASSWORD/,
    },
  },
  {
    name: "grafana",
    verdict: "reject",
    fails: {
      "GATE-09": /the error says nothing useful/,
      "GATE-16": /search_dashboards\({"query":"home"}\) fails/,
      "GATE-20": /^79 tools; the budget is 20/,
      "GATE-26": /it tried to reach stats\.grafana\.org/,
    },
    conditional: { "GATE-19": /nothing of it was approved yet/, "GATE-24": /GRAFANA_SERVICE_ACCOUNT_TOKEN/ },
  },
];

/** Those with a gateway, with many calls, or with a large package: `CANDIDATES=all`. */
const large: readonly Expected[] = [
  {
    name: "prometheus",
    verdict: "accept with conditions",
    fails: {},
    conditional: {},
    // 1.77.1 drops titles, annotations and output schemas, and with them isError and structuredContent.
    spoiled: { "litellm 1.77.1": ["GATE-08", "GATE-10", "GATE-16"], "litellm 1.106.2": [] },
  },
  {
    name: "timescaledb",
    verdict: "accept with conditions",
    fails: {},
    conditional: {
      "GATE-10": /isError is not set on Error: Error executing explain plan/,
      "GATE-14": /list_schemas has no readOnlyHint/,
    },
  },
  {
    name: "n8n",
    verdict: "reject",
    fails: {
      "GATE-09": /tools_documentation\({"topic":.*accepted, although the schema forbids it/,
      "GATE-10": /get_template\({"templateId":1}\): isError is not set/,
      "GATE-11": /a foreign Host is answered with 200/,
    },
    conditional: { "GATE-19": /nothing of it was approved yet/, "GATE-24": /it has AUTH_TOKEN/ },
    // 1.77.1 sends MCP-Protocol-Version twice, which the server refuses: it lists no tool of it.
    spoiled: { "litellm 1.77.1": ["GATE-08"], "litellm 1.106.2": [] },
  },
];

describe("small candidates", () => small.forEach(proves));

describe.runIf(process.env.CANDIDATES === "all")("large candidates", () => large.forEach(proves));
