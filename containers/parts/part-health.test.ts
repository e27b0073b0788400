import { afterAll, beforeAll, expect, test } from "vitest";
import { deadlines, until } from "../../helpers/core/deadlines.ts";
import { Progress } from "../../helpers/core/progress.ts";
import { connectEngine, type Engine } from "../engine/engine.ts";
import { newRun, removeRun } from "../engine/run-labels.ts";
import { Images } from "../images/images.ts";
import { createNetworks } from "../networks/network.ts";
import type { RigState } from "../rigs/rig.ts";
import { type PartHandle, startPart } from "./part.ts";
import { environmentTrouble } from "./part-health.ts";
import { atOnce } from "./readiness.ts";

const run = newRun({ keep: false });
let engine: Engine;

beforeAll(async () => {
  engine = await connectEngine({ progress: new Progress() });
});
afterAll(() => removeRun(engine, run.id));

async function startWhoami(name: string): Promise<PartHandle> {
  const image = await new Images(engine, { mode: "auto", progress: new Progress() }).get("whoami");
  const [network] = [...(await createNetworks(engine, run, name, [{ name, internal: false }])).values()];
  if (network === undefined) throw new Error("no network was made");
  return await startPart(engine, run, "edge", {
    name,
    image,
    networks: [{ network, aliases: [] }],
    publish: [80],
    ready: atOnce,
    startDeadline: deadlines.smallPartStart,
  });
}

const isAnswered = ({ host, ports }: PartHandle) =>
  fetch(`http://${host}:${ports[80]}/`, { headers: { connection: "close" } }).then(
    ({ ok }) => ok,
    () => false,
  );

function rigOf(part: PartHandle): RigState {
  return { rig: "edge", parts: { [part.name]: part }, networks: {}, changes: [] };
}

test.each(["kill", "remove"] as const)(
  "a part is known to be gone as soon as it answers no more, whatever the engine says of it until then (%s)",
  async (how) => {
    const part = await startWhoami(`whoami-${how}`);
    await until("whoami answers", deadlines.smallPartStart, async () => (await isAnswered(part)) || undefined);
    expect(await environmentTrouble(engine, [rigOf(part)])).toBeUndefined();
    const container = engine.docker.getContainer(part.containerId);
    const ending = how === "kill" ? container.kill() : container.remove({ force: true });
    while (await isAnswered(part));
    expect((await environmentTrouble(engine, [rigOf(part)]))?.message).toMatch(
      new RegExp(`^edge/whoami-${how} (stopped|went away) in the middle of the run`),
    );
    await ending;
  },
);
