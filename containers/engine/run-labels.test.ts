import { spawnSync } from "node:child_process";
import { afterAll, beforeAll, expect, test } from "vitest";
import { deadlines } from "../../helpers/core/deadlines.ts";
import { Progress } from "../../helpers/core/progress.ts";
import { Images } from "../images/images.ts";
import { createNetworks } from "../networks/network.ts";
import { startPart } from "../parts/part.ts";
import { connectEngine, type Engine } from "./engine.ts";
import { newRun, type Run, removeRun, runLabel, sweep } from "./run-labels.ts";

let engine: Engine;
let image: string;
const live = newRun({ keep: false });

beforeAll(async () => {
  const progress = new Progress();
  engine = await connectEngine({ progress });
  image = (await new Images(engine, { mode: "auto", progress }).get("whoami")).reference;
});
afterAll(() => removeRun(engine, live.id));

/** A run whose process has ended: its labels are made by one that is over by now. */
function deadRun(keep: boolean): Run {
  const script = `import { newRun } from "./containers/engine/run-labels.ts"; console.log(JSON.stringify(newRun({ keep: ${keep} })));`;
  const { stdout } = spawnSync(process.execPath, ["--input-type=module", "--eval", script], { encoding: "utf8" });
  return JSON.parse(stdout) as Run;
}

async function left(run: Run): Promise<number> {
  const filters = { label: [`${runLabel}=${run.id}`] };
  const [containers, networks] = await Promise.all([
    engine.docker.listContainers({ all: true, filters }),
    engine.docker.listNetworks({ filters }),
  ]);
  return containers.length + networks.length;
}

async function occupy(run: Run): Promise<void> {
  await createNetworks(engine, run, "test", [{ name: "net", internal: true }]);
  await engine.docker.createContainer({ Image: image, Labels: run.labels });
}

test("the sweep removes what a dead run left, and nothing of a live or a kept one", async () => {
  const dead = deadRun(false);
  const kept = deadRun(true);
  try {
    await Promise.all([occupy(dead), occupy(kept), occupy(live)]);
    // Somebody else's dead run may be there as well.
    expect(await sweep(engine)).toContain(dead.id);
    expect(await Promise.all([left(dead), left(kept), left(live)])).toEqual([0, 2, 2]);
  } finally {
    // No sweep would ever do it.
    await removeRun(engine, kept.id);
  }
  expect(await left(kept)).toBe(0);
});

test("removing what is gone already is no error", async () => {
  await expect(removeRun(engine, "gc-0000000000")).resolves.toBeUndefined();
});

test("a network goes although somebody's container is still on it", async () => {
  const run = newRun({ keep: false });
  const [made] = [...(await createNetworks(engine, run, "test", [{ name: "net", internal: true }])).values()];
  const foreign = await engine.docker.createContainer({ Image: image, HostConfig: { NetworkMode: made?.name ?? "" } });
  try {
    await foreign.start();
    await removeRun(engine, run.id);
    expect(await left(run)).toBe(0);
  } finally {
    await foreign.remove({ force: true });
  }
});

test("who removes a run ends what is still being started", async () => {
  const run = newRun({ keep: false });
  const progress = new Progress();
  const [network] = [...(await createNetworks(engine, run, "test", [{ name: "net", internal: true }])).values()];
  if (network === undefined) throw new Error("no network was made");
  const { promise: isAsked, resolve: asked } = Promise.withResolvers<void>();
  const starting = startPart(engine, run, "test", {
    name: "never-ready",
    image: await new Images(engine, { mode: "auto", progress }).get("whoami"),
    networks: [{ network, aliases: [] }],
    ready: {
      what: "is ready",
      ask: async () => {
        asked();
        return false;
      },
    },
    startDeadline: deadlines.databaseStart,
  });
  starting.catch(() => {});
  await isAsked;
  await removeRun(engine, run.id);
  await expect(starting).rejects.toThrow(/did not start: its container was removed$/);
});
