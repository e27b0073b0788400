import { join } from "node:path";
import { expect, test } from "vitest";
import { runConfig } from "../../helpers/core/run-config.ts";
import { newestLiteLLM } from "../../helpers/deployment/litellm/version.ts";
import type { Candidate } from "../candidate/types.ts";
import { columnsOf } from "../gate/report.ts";
import { judgeThroughGateway } from "../judge/gateway.ts";
import { itemNumbers } from "../judge/items.ts";
import { type Judgements, judge } from "../judge/judge.ts";
import { runDirectly } from "../run/direct-column.ts";
import { loadJoined, prefixOf, runThroughGateway } from "../run/gateway/gateway-column.ts";
import { prepare } from "../run/prepared.ts";
import { inContainer } from "./in-container.ts";
import { proofEngine } from "./proof-engine.ts";
import { gatewayFaults } from "./server/faults.ts";

const withRun = proofEngine();
const reference = join(import.meta.dirname, "../../deployments/reference");

/** @param candidateOf makes the candidate, with an image that has Node */
async function judged(
  candidateOf: (image: string) => Candidate,
  version: string,
): Promise<{ direct: Judgements; gateway: Judgements }> {
  return await withRun(async ({ image, ...resources }) => {
    const made = candidateOf(image);
    const candidate = { ...made, deployment: made.deployment ?? reference };
    const [prepared, joined] = await Promise.all([
      prepare(resources, candidate),
      loadJoined(candidate, { versions: {} }, version),
    ]);
    const [{ seen }, { seen: through }] = await Promise.all([
      runDirectly(resources, candidate, prepared),
      runThroughGateway(resources, runConfig(), candidate, { prepared, joined }),
    ]);
    const { secrets } = prepared;
    const direct = judge({ candidate, seen, secrets, supply: undefined, differences: [], approved: [] });
    const nameOf = (tool: string): string => `${prefixOf(candidate, joined.deployment)}${tool}`;
    const own = { candidate, version, direct: { seen, judged: direct }, seen: through, nameOf, secrets };
    return { direct, gateway: judgeThroughGateway(own) };
  });
}

const outcomes = (all: Judgements, ...which: string[]): string[] =>
  itemNumbers.flatMap((number) => (which.includes(all[number].outcome) ? [`${number}: ${all[number].evidence}`] : []));

test("the sound server keeps every item through the newest LiteLLM, with keys in a database", async () => {
  const deployment = join(import.meta.dirname, "../../deployments/examples/virtual-keys");
  const { direct, gateway } = await judged(
    (image) => ({ ...inContainer("http", undefined, image), deployment }),
    newestLiteLLM,
  );
  expect(outcomes(direct, "fail")).toEqual([]);
  expect(outcomes(gateway, "fail", "conditional")).toEqual([]);
  const passed = itemNumbers.filter((number) => gateway[number].outcome === "pass");
  expect(passed).toEqual([7, 8, 9, 10, 12, 16, 27, 28, 29, 30, 31]);
});

test("a server that LiteLLM 1.77.1 does not list is sound without it, and is not rejected for that", async () => {
  const { item, says } = gatewayFaults["strict-about-headers"];
  const { direct, gateway } = await judged((image) => inContainer("http", "strict-about-headers", image), "1.77.1");
  expect(outcomes(direct, "fail")).toEqual([]);
  const found = outcomes(gateway, "fail", "conditional");
  expect(
    found.map((line) => line.split(":")[0]),
    found.join("\n"),
  ).toEqual([String(item)]);
  expect(found[0]).toContain(says);
  const { verdict, gatewayFaults: named } = columnsOf({ direct, gateways: [{ version: "1.77.1", judged: gateway }] });
  expect(verdict).toBe("accept with conditions");
  expect(named[0]?.what).toMatch(/^GATE-08: LiteLLM 1\.77\.1 /);
});

test("an entry with which LiteLLM 1.77.1 does not start fails with LiteLLM's own line", async () => {
  // The reader of candidate files accepts no such name.
  const { direct, gateway } = await judged(
    (image) => ({ ...inContainer("http", undefined, image), name: "no-dash" }),
    "1.77.1",
  );
  expect(outcomes(direct, "fail")).toEqual([]);
  expect(outcomes(gateway, "fail").map((line) => line.split(":")[0])).toEqual(["7"]);
  expect(gateway[7].evidence).toMatch(/starts without its entry, and not with it[\s\S]*no-dash/);
});
