import { resolve } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { loadDeployment } from "../deployment/load.ts";
import type { Deployment, ReachRule } from "../deployment/types.ts";
import {
  expectCounted,
  expectDeclaredDenial,
  expectPolicy,
  type Pair,
  pairName,
  pairsOf,
  withOneCause,
} from "./failures.ts";
import { type Cell, judge } from "./matrix.ts";
import type { ConnectionOutcome, Site, Sweep } from "./sweep.ts";
import { fateOf, matrixTable, tableOfPairs } from "./table.ts";

let deployment: Deployment;
beforeAll(async () => {
  deployment = await loadDeployment(resolve(import.meta.dirname, "../../deployments/reference"));
});

/** A LAN host, a gateway host, two services on one network, and one on a network of its own. */
const addresses: Readonly<Record<string, Site["addresses"]>> = {
  lan: [{ address: "10.0.0.9", network: "lan" }],
  "gateway-host": [{ address: "10.0.0.1", network: "lan" }],
  web: [{ address: "10.1.0.2", network: "front" }],
  api: [{ address: "10.1.0.3", network: "front" }],
  alone: [{ address: "10.2.0.2", network: "back" }],
};

interface Scenario {
  rules?: Omit<ReachRule, "location">[];
  /** Outcome by `from to`; `refused` by default. */
  outcomes?: Readonly<Record<string, ConnectionOutcome>>;
  listening?: Readonly<Record<string, number>>;
  /** `source target` addresses that the firewall let pass; all attempts from the LAN arrived. */
  passed?: string[];
  /** `source target` addresses that docker's own rules dropped. */
  isolated?: string[];
  /** Default: true. */
  hasFirewall?: boolean;
}

function cellsOf({
  rules = [],
  outcomes = {},
  listening = {},
  passed = [],
  isolated = [],
  hasFirewall = true,
}: Scenario): Cell[] {
  const { firewall } = deployment.policy;
  return judge(
    {
      ...deployment.policy,
      firewall: hasFirewall ? firewall : undefined,
      reach: rules.map((rule) => ({ ...rule, location })),
    },
    sweepOf({ outcomes, listening, passed, isolated }),
  );
}

const location = { file: "policy.yaml", line: 7 };
const port = 4000;

function sweepOf({ outcomes = {}, listening = {}, passed = [], isolated = [] }: Scenario): Sweep {
  const flow = (key: string): { source: string; target: string; port: number } => {
    const [source = "", target = ""] = key.split(" ");
    return { source, target, port };
  };
  const sites = Object.entries(addresses).map(([name, own]) => ({
    name,
    addresses: own,
    isInternal: name === "alone",
    listening: listening[name] === undefined ? [] : own.map(({ address }) => ({ address, port: listening[name] ?? 0 })),
    names: Object.fromEntries(
      Object.entries(addresses).map(([other, its]) => [other, its.map(({ address }) => address)]),
    ),
  }));
  const sources = sites.map(({ name }) => name).filter((name) => name !== "gateway-host");
  return {
    sites,
    sources,
    ports: [port],
    hostSelfFailures: [],
    attempts: sources.flatMap((from) =>
      sites
        .filter(({ name }) => name !== from)
        .flatMap(({ name: to, addresses: its }) =>
          its.map(({ address }) => ({
            from,
            to,
            address,
            port,
            outcome: outcomes[`${from} ${to}`] ?? ("refused" as const),
          })),
        ),
    ),
    watch: {
      arrived: sites.map(({ addresses: [own] }) => ({ source: "10.0.0.9", target: own?.address ?? "", port })),
      passed: passed.map(flow),
      isolated: isolated.map(flow),
    },
    before: [],
    counted: { denied_lan: 3 },
    sentinel: { accepted: {}, control: 7 },
  };
}

function cell(cells: readonly Cell[], from: string, to: string): Cell | undefined {
  return cells.find((one) => one.from === from && one.to === to);
}

/** Checks every pair; an empty list is a failure, because it would prove nothing. */
function forEachOf(pairs: readonly Pair[], check: (pair: Pair, deployment: Deployment) => void): void {
  expect(pairs.length).toBeGreaterThan(0);
  for (const pair of pairs) check(pair, deployment);
}

const lanRule = { from: "lan", to: "gateway-host", as: undefined, ports: [port] };

describe("a pair", () => {
  test("that the policy allows must connect", () => {
    const rules = [lanRule];
    expect(
      cell(cellsOf({ rules, outcomes: { "lan gateway-host": "connected" } }), "lan", "gateway-host")?.verdict,
    ).toBe("allowed");
    expect(cell(cellsOf({ rules }), "lan", "gateway-host")?.verdict).toBe("blocked");
  });

  test("that the policy allows by a name is blocked when the name cannot be resolved", () => {
    const rules = [{ ...lanRule, as: "another.name" }];
    const found = cell(cellsOf({ rules, outcomes: { "lan gateway-host": "connected" } }), "lan", "gateway-host");
    expect(found).toMatchObject({ verdict: "blocked", outcome: "name not found" });
  });

  test("that the policy does not allow must not connect", () => {
    expect(cell(cellsOf({ outcomes: { "lan web": "connected" } }), "lan", "web")?.verdict).toBe("open");
    expect(cell(cellsOf({}), "lan", "web")?.verdict).toBe("denied");
  });

  test("on a shared network is open on every port that connects", () => {
    const outcomes = { "web api": "connected" } as const;
    expect(cell(cellsOf({ outcomes }), "web", "api")).toMatchObject({ verdict: "open", shared: "front" });
  });

  test("on a shared network, with one port allowed, is judged by its listeners", () => {
    const outcomes = { "web api": "connected" } as const;
    const rules = [{ from: "web", to: "api", as: undefined, ports: [1] }];
    expect(cell(cellsOf({ rules, outcomes }), "web", "api")?.verdict).toBe("closed");
    expect(cell(cellsOf({ rules, outcomes, listening: { api: port } }), "web", "api")?.verdict).toBe("open");
  });
});

describe("without a firewall", () => {
  const outcomes = {
    "lan gateway-host": "connected",
    "web gateway-host": "connected",
    "alone gateway-host": "connected",
  } as const;
  const cells = (listening: Scenario["listening"]): Cell[] =>
    cellsOf({ hasFirewall: false, outcomes, ...(listening === undefined ? {} : { listening }) });

  test("what only a firewall could deny is not judged", () => {
    expect(cell(cells({}), "lan", "gateway-host")).toBeUndefined();
    expect(cell(cells({}), "web", "lan")).toBeUndefined();
    expect(cell(cells({ "gateway-host": port }), "web", "gateway-host")).toBeUndefined();
  });

  test("a published port is judged for a source of the policy, and for the LAN where the outside may not use it", () => {
    const ruleOf = (from: string, ...ports: number[]) => ({ from, to: "gateway-host", as: undefined, ports });
    const verdict = (...rules: ReturnType<typeof ruleOf>[]): string | undefined => {
      const scenario = { hasFirewall: false, outcomes, rules, listening: { "gateway-host": port } };
      return cell(cellsOf(scenario), "lan", "gateway-host")?.verdict;
    };
    expect(verdict()).toBeUndefined();
    expect(verdict(ruleOf("lan", port + 1))).toBe("open");
    expect(verdict(ruleOf("lan", port + 1), ruleOf("outside", port + 1))).toBe("open");
    expect(verdict(ruleOf("lan", port + 1), ruleOf("outside", port))).toBeUndefined();
  });

  test("what the deployment shares or keeps inside is judged", () => {
    expect(cell(cells({}), "alone", "lan")?.verdict).toBe("denied");
    const shared = { hasFirewall: false, outcomes: { "web api": "connected" } } as const;
    expect(cell(cellsOf(shared), "web", "api")?.verdict).toBe("closed");
    expect(cell(cellsOf({ ...shared, listening: { api: port } }), "web", "api")?.verdict).toBe("open");
    expect(cell(cells({}), "lan", "web")?.verdict).toBe("denied");
  });
});

describe("a denial", () => {
  const lanPair = (scenario: Scenario): ReturnType<typeof pairsOf> =>
    pairsOf(cellsOf(scenario).filter(({ from, to }) => from === "lan" && to === "web"));
  const check = (scenario: Scenario) => () => forEachOf(lanPair(scenario), expectDeclaredDenial);

  test("by the firewall must be the one that the policy declares", () => {
    expect(lanPair({})[0]?.cells[0]?.fate).toBe("denied-by-firewall");
    expect(check({})).not.toThrow();
    expect(check({ outcomes: { "lan web": "dropped" } })).toThrow(
      /there is no answer, but the policy declares 'refuse'/,
    );
  });

  test("of a connection that the firewall let pass is a failure", () => {
    expect(check({ passed: ["10.0.0.9 10.1.0.2"] })).toThrow(/the firewall let it pass/);
    const isolated = ["10.0.0.9 10.1.0.2"];
    expect(check({ isolated, outcomes: { "lan web": "dropped" } })).toThrow(/docker's own rules drop it/);
  });

  test("that did not reach the gateway host is a failure, unless there is no route or the network is internal", () => {
    const pairs = (outcomes: Scenario["outcomes"], from: string): ReturnType<typeof pairsOf> =>
      pairsOf(cellsOf({ outcomes: outcomes ?? {} }).filter((one) => one.from === from && one.to === "lan"));
    const denied = (outcomes: Scenario["outcomes"], from: string) => () =>
      forEachOf(pairs(outcomes, from), expectDeclaredDenial);
    expect(denied({ "web lan": "dropped" }, "web")).toThrow(/did not reach the gateway host/);
    expect(denied({ "web lan": "no route" }, "web")).not.toThrow();
    expect(denied({ "alone lan": "dropped" }, "alone")).not.toThrow();
  });

  test("counts only when its counter counted each connection", () => {
    const cells = cellsOf({});
    const denial = deployment.policy.firewall?.denials.find(({ from }) => from === "lan");
    if (denial === undefined) throw new Error("the reference denies the LAN");
    const sweep = sweepOf({});
    const counted = (packets: number) => () =>
      expectCounted(denial, cells, { ...sweep, counted: { denied_lan: packets } }, deployment);
    expect(counted(4)).not.toThrow();
    expect(counted(3)).toThrow(/denied 4 connections from lan, but denied_lan counted 3/);
    expect(() => expectCounted(denial, [], sweep, deployment)).toThrow(/no denied connection from lan/);
  });
});

test("a failure names the ports, the cause and the line", () => {
  const cells = cellsOf({ rules: [lanRule], outcomes: { "lan web": "connected" } });
  const story = (to: string) => () =>
    forEachOf(pairsOf(cells.filter((one) => one.from === "lan" && one.to === to)), expectPolicy);
  expect(story("web")).toThrow(
    /lan → web connects on 4000 \(LiteLLM\), which the policy does not allow[\s\S]*firewall\.nft:\d+/,
  );
  expect(story("gateway-host")).toThrow(
    /does not connect on 4000[\s\S]*the firewall denies it[\s\S]*firewall\.nft:\d+/,
  );
  expect(story("api")).not.toThrow();
});

test("a pair that differs for several reasons has a case for each", () => {
  const cell = (port: number, verdict: Cell["verdict"]): Cell => ({ port, verdict }) as Cell;
  const pair = (...cells: Cell[]): Pair => ({ from: "lan", to: "gateway-host", cells });
  const [open, allowed, missing] = [cell(80, "open"), cell(22, "allowed"), cell(443, "blocked")];
  const causeOf = ({ port }: Cell) => ({ cause: "published", location: { file: "compose.yaml", line: port } });
  const cases = (one: Pair) =>
    withOneCause(one, causeOf).map((own) => [pairName(own), own.cells.map(({ port }) => port)]);
  expect(cases(pair(open, allowed, missing))).toEqual([
    ["lan → gateway-host", [80, 22]],
    ["lan → gateway-host (missing)", [443]],
  ]);
  expect(cases(pair(open, allowed, cell(4000, "open"), missing))).toEqual([
    ["lan → gateway-host on 80", [80, 22]],
    ["lan → gateway-host on 4000", [4000]],
    ["lan → gateway-host (missing)", [443]],
  ]);
  expect(cases(pair(allowed, missing))).toEqual([["lan → gateway-host", [22, 443]]]);
});

test("a port of the gateway host has the name of the service that publishes it", () => {
  const cells = cellsOf({ rules: [lanRule], outcomes: { "lan gateway-host": "refused" } });
  const [pair] = pairsOf(cells.filter(({ from, to }) => from === "lan" && to === "gateway-host"));
  const [other] = [...deployment.compose.services.values()].filter(({ key }) => key !== deployment.litellm.key);
  if (pair === undefined || other === undefined) throw new Error("the fixture has no such pair or service");
  const published = { ...other, key: "mcp-proxy", name: "mcp-proxy", ports: [{ host: 4000 }] };
  const compose = { ...deployment.compose, services: new Map([["mcp-proxy", published]]) };
  expect(() => expectPolicy(pair, { ...deployment, compose } as unknown as Deployment)).toThrow(/4000 \(mcp-proxy\)/);
});

test("the table and the fate of a pair show allowed, denied and wrong pairs", () => {
  const cells = cellsOf({ rules: [lanRule], outcomes: { "lan gateway-host": "connected", "web api": "connected" } });
  const [head, lan, web] = matrixTable(cells).split("\n");
  expect(head?.split(/ {2,}/)).toEqual(["from \\ to", "gateway-host", "web", "api", "alone", "lan"]);
  expect(lan?.split(/ {2,}/)).toEqual(["lan", "4000", "-", "-", "-", "·"]);
  expect(web?.split(/ {2,}/)).toEqual(["web", "-", "·", "!4000 open", "-", "-"]);
  const fate = (from: string, to: string): string =>
    fateOf(cells.filter((cell) => cell.from === from && cell.to === to));
  expect(fate("lan", "gateway-host")).toBe("4000");
  expect(fate("web", "api")).toBe("!4000 open");
  expect(fate("lan", "web")).toBe("refused");
});

test("the table of some pairs has their rows and columns only", () => {
  const cells = cellsOf({ rules: [lanRule], outcomes: { "lan gateway-host": "connected", "web api": "connected" } });
  const rows = tableOfPairs(cells, [{ from: "web", to: "api" }]).split("\n");
  expect(rows.map((row) => row.split(/ {2,}/))).toEqual([
    ["from \\ to", "api"],
    ["web", "!4000 open"],
  ]);
});
