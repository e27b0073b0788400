import { describe, expect, test } from "vitest";
import { itemNumbers } from "../judge/items.ts";
import { judge } from "../judge/judge.ts";
import { runDirectly } from "../run/direct-column.ts";
import { prepare } from "../run/prepared.ts";
import { inContainer } from "./in-container.ts";
import { proofEngine } from "./proof-engine.ts";
import { type Fault, faults, networkFaults } from "./server/faults.ts";

const withRun = proofEngine();

async function failures(transport: "stdio" | "http", fault: Fault | undefined): Promise<string[]> {
  return await withRun(async ({ image, ...resources }) => {
    const candidate = inContainer(transport, fault, image);
    const prepared = await prepare(resources, candidate);
    const { secrets } = prepared;
    const { seen } = await runDirectly(resources, candidate, prepared);
    const judged = judge({ candidate, seen, secrets, supply: undefined, differences: [], approved: [] });
    return itemNumbers.flatMap((number) =>
      judged[number].outcome === "fail" ? [`${number}: ${judged[number].evidence}`] : [],
    );
  });
}

test("the sound server fails nothing over stdio, and nothing over HTTP", async () => {
  expect(await failures("stdio", undefined)).toEqual([]);
  expect(await failures("http", undefined)).toEqual([]);
});

describe("what only shows in a container, or is seen in another way there", () => {
  test.each<[Fault, { item: number; says: string }]>([
    ["calls-home", networkFaults["calls-home"]],
    ["leaked-child", faults["leaked-child"]],
    ["shell-injection", faults["shell-injection"]],
    ["secret-in-error", faults["secret-in-error"]],
  ])("%s", async (fault, { item, says }) => {
    const found = await failures("stdio", fault);
    expect(
      found.map((line) => line.split(":")[0]),
      found.join("\n"),
    ).toEqual([String(item)]);
    expect(found[0]).toContain(says);
  });
});
