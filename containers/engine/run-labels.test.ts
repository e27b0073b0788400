import { spawnSync } from "node:child_process";
import { afterAll, beforeAll, expect, test } from "vitest";
import { deadlines } from "../../helpers/core/deadlines.ts";
import { Progress } from "../../helpers/core/terminal/progress.ts";
import { Images } from "../images/images.ts";
import { createNetworks } from "../networks/network.ts";
import { startPart } from "../parts/start-part.ts";
import { connectEngine, type Engine } from "./engine.ts";
import { removeDeadRuns, removeRun } from "./removal.ts";
import { newRun, type Run, runLabel } from "./run-labels.ts";

let engine: Engine;
let image: string;
const live = newRun({ keep: false });

beforeAll(async () => {
  const progress = new Progress();
  engine = await connectEngine({ progress });
  image = (await new Images(engine, { mode: "auto", progress }).get("whoami")).reference;
});
afterAll(() => removeRun(engine, live.id));

/** A run whose process has ended: a process that exits immediately makes its labels. */
function deadRun(keep: boolean): Run {
  const script = `import { newRun } from "./containers/engine/run-labels.ts"; console.log(JSON.stringify(newRun({ keep: ${keep} })));`;
  const { stdout } = spawnSync(process.execPath, ["--input-type=module", "--eval", script], { encoding: "utf8" });
  return JSON.parse(stdout) as Run;
}

async function remaining(run: Run): Promise<number> {
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

test("what a dead run has left is removed, and nothing of a live or a kept run", async () => {
  const dead = deadRun(false);
  const kept = deadRun(true);
  try {
    await Promise.all([occupy(dead), occupy(kept), occupy(live)]);
    // There may be another dead run on the engine.
    expect(await removeDeadRuns(engine)).toContain(dead.id);
    expect(await Promise.all([remaining(dead), remaining(kept), remaining(live)])).toEqual([0, 2, 2]);
  } finally {
    // A kept run is never removed automatically.
    await removeRun(engine, kept.id);
  }
  expect(await remaining(kept)).toBe(0);
});

test("removing a run that does not exist is not an error", async () => {
  await expect(removeRun(engine, "gc-0000000000")).resolves.toBeUndefined();
});

test("a network is removed although another container is still on it", async () => {
  const run = newRun({ keep: false });
  const [made] = [...(await createNetworks(engine, run, "test", [{ name: "net", internal: true }])).values()];
  const foreign = await engine.docker.createContainer({ Image: image, HostConfig: { NetworkMode: made?.name ?? "" } });
  try {
    await foreign.start();
    await removeRun(engine, run.id);
    expect(await remaining(run)).toBe(0);
  } finally {
    await foreign.remove({ force: true });
  }
});

test("removing a run ends the parts that are still starting", async () => {
  const run = newRun({ keep: false });
  const images = new Images(engine, { mode: "auto", progress: new Progress() });
  const [network] = [...(await createNetworks(engine, run, "test", [{ name: "net", internal: true }])).values()];
  if (network === undefined) throw new Error("no network was made");
  const { promise: polled, resolve: onPoll } = Promise.withResolvers<void>();
  const starting = startPart({ engine, run, images }, "test", {
    name: "never-ready",
    image: await images.get("whoami"),
    networks: [{ network, aliases: [] }],
    ready: {
      what: "is ready",
      ask: async () => {
        onPoll();
        return false;
      },
    },
    startDeadline: deadlines.databaseStart,
  });
  starting.catch(() => {});
  await polled;
  await removeRun(engine, run.id);
  await expect(starting).rejects.toThrow(/did not start: its container was removed$/);
});
