import { afterAll, beforeAll, expect, test } from "vitest";
import { deadlines, until } from "../../helpers/core/deadlines.ts";
import { Progress } from "../../helpers/core/terminal/progress.ts";
import { loadDeployment } from "../../helpers/deployment/load.ts";
import { connectEngine, type Engine } from "../engine/engine.ts";
import { removeRun } from "../engine/removal.ts";
import { newRun } from "../engine/run-labels.ts";
import { Images } from "../images/images.ts";
import { createNetworks } from "../networks/network.ts";
import { execute } from "./container-command.ts";
import type { PartHandle } from "./part.ts";
import { environmentTrouble } from "./part-health.ts";
import { readyWhenRunning } from "./readiness.ts";
import { startPart } from "./start-part.ts";

const run = newRun({ keep: false });
let engine: Engine;

beforeAll(async () => {
  engine = await connectEngine({ progress: new Progress() });
});
afterAll(() => removeRun(engine, run.id));

async function startWhoami(name: string): Promise<PartHandle> {
  const images = new Images(engine, { mode: "auto", progress: new Progress() });
  const [network] = [...(await createNetworks(engine, run, name, [{ name, internal: false }])).values()];
  if (network === undefined) throw new Error("no network was made");
  return await startPart({ engine, run, images }, "edge", {
    name,
    image: await images.get("whoami"),
    networks: [{ network, aliases: [] }],
    publish: [80],
    ready: readyWhenRunning,
    startDeadline: deadlines.smallPartStart,
  });
}

/** Twice, because one request may fail on a busy machine before the engine has ended the part. */
async function answersNoMore(part: PartHandle): Promise<void> {
  while ((await isAnswered(part)) || (await isAnswered(part)));
}

const isAnswered = ({ host, ports }: PartHandle) =>
  fetch(`http://${host}:${ports[80]}/`, { headers: { connection: "close" } }).then(
    ({ ok }) => ok,
    () => false,
  );

test.each(["kill", "remove"] as const)(
  "a lost part is detected as soon as it stops answering, whatever state the engine still reports (%s)",
  async (how) => {
    const part = await startWhoami(`whoami-${how}`);
    await until("whoami answers", deadlines.smallPartStart, async () => (await isAnswered(part)) || undefined);
    expect(await environmentTrouble(engine, [{ parts: { [part.name]: part } }])).toBeUndefined();
    const container = engine.docker.getContainer(part.containerId);
    const ending = how === "kill" ? container.kill() : container.remove({ force: true });
    await answersNoMore(part);
    expect((await environmentTrouble(engine, [{ parts: { [part.name]: part } }]))?.message).toMatch(
      new RegExp(`^edge/whoami-${how} (stopped|went away) during the run`),
    );
    await ending;
  },
);

test.each([
  { engine: "reports its end soon", reportsSoon: true },
  { engine: "is busy and reports its end late", reportsSoon: false },
])("a part whose process is ending while the engine still lists it is lost: the engine $engine", async (busy) => {
  let inspections = 0;
  let waits = 0;
  let ended = false;
  const dying = {
    top: async () => ({ Processes: inspections === 0 ? [["root", "1"]] : [] }),
    wait: async ({ abortSignal }: { abortSignal: AbortSignal }) => {
      waits += 1;
      if (!busy.reportsSoon && waits === 1) {
        await new Promise((_resolve, reject) => abortSignal.addEventListener("abort", reject));
      }
      ended = true;
    },
    inspect: async () => {
      inspections += 1;
      return { State: { Running: !ended, ExitCode: 137 } };
    },
    logs: async () => Buffer.alloc(0),
  };
  const docker = { ping: async () => "OK", getContainer: () => dying };
  const part = { rig: "edge", name: "whoami", containerId: "dying" } as unknown as PartHandle;
  const trouble = await environmentTrouble({ docker } as unknown as Engine, [{ parts: { whoami: part } }]);
  expect(trouble?.message).toBe("edge/whoami stopped during the run: exit code 137");
});

test("a service of the operator that ends by itself is a failure of the deployment", async () => {
  const { litellm: service } = await loadDeployment("deployments/reference");
  const part = await startWhoami("whoami-ends");
  await until("whoami answers", deadlines.smallPartStart, async () => (await isAnswered(part)) || undefined);
  await execute(engine, part.containerId, ["sh", "-c", "kill -TERM 1"]).catch(() => {});
  await answersNoMore(part);
  const services = new Map([[part.name, service]]);
  expect(await environmentTrouble(engine, [{ parts: { [part.name]: part } }], services)).toMatchObject({
    name: "CheckFailure",
    details: { code: "service-ended", location: service.location, actual: expect.stringContaining("exit code 0") },
  });
});
