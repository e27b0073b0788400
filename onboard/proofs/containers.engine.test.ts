import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { connectEngine, type Engine } from "../../containers/engine/engine.ts";
import { removeRun } from "../../containers/engine/removal.ts";
import { newRun, runLabel } from "../../containers/engine/run-labels.ts";
import { Images } from "../../containers/images/images.ts";
import { Progress } from "../../helpers/core/terminal/progress.ts";
import { itemNumbers } from "../judge/items.ts";
import { judge } from "../judge/judge.ts";
import { runDirectly } from "../run/direct-column.ts";
import { prepare } from "../run/prepared.ts";
import { inContainer } from "./in-container.ts";
import { type Fault, faults, networkFaults } from "./server/faults.ts";

const progress = new Progress({ write: () => true });
let engine: Engine;
let images: Images;
/** An image with Node. */
let image: string;

beforeAll(async () => {
  engine = await connectEngine({ progress });
  images = new Images(engine, { mode: "auto", progress });
  image = (await images.get("host")).reference;
});

async function failures(transport: "stdio" | "http", fault: Fault | undefined): Promise<string[]> {
  const candidate = inContainer(transport, fault, image);
  const run = newRun({ keep: false });
  try {
    const resources = { engine, run, images, progress };
    const prepared = await prepare(resources, candidate);
    const { secrets } = prepared;
    const { seen } = await runDirectly(resources, candidate, prepared);
    const judged = judge({ candidate, seen, secrets, supply: undefined, differences: [], approved: [] });
    return itemNumbers.flatMap((number) =>
      judged[number].outcome === "fail" ? [`${number}: ${judged[number].evidence}`] : [],
    );
  } finally {
    await removeRun(engine, run.id);
    left.push(...(await engine.docker.listContainers({ all: true, filters: { label: [`${runLabel}=${run.id}`] } })));
  }
}

/** Containers that outlived their run. */
const left: unknown[] = [];
afterAll(() => expect(left).toEqual([]));

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
