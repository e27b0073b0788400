import { afterAll, beforeAll, expect, test } from "vitest";
import { connectEngine, type Engine } from "../../../containers/engine/engine.ts";
import { Images } from "../../../containers/images/images.ts";
import type { PartImage } from "../../../containers/images/part-image.ts";
import type { MadeNetwork } from "../../../containers/networks/network.ts";
import type { PartHandle, PartPlan } from "../../../containers/parts/part.ts";
import { readyWhenRunning } from "../../../containers/parts/readiness.ts";
import { deadlines } from "../../../helpers/core/deadlines.ts";
import { Progress } from "../../../helpers/core/terminal/progress.ts";
import { PartKeeper } from "./part-keeper.ts";

let engine: Engine;
let image: PartImage;
let keeper: PartKeeper;

beforeAll(async () => {
  const progress = new Progress();
  engine = await connectEngine({ progress });
  const images = new Images(engine, { mode: "auto", progress });
  image = await images.get("whoami");
  keeper = new PartKeeper(engine, images);
});
afterAll(async () => await keeper[Symbol.asyncDispose]());

const networkOf = async (rig: string, internal: boolean): Promise<MadeNetwork> => {
  const [network] = [...(await keeper.createNetworks(rig, [{ name: `${rig}-net`, internal }])).values()];
  if (network === undefined) throw new Error("no network was created");
  return network;
};

function start(rig: string, network: MadeNetwork, plan: Partial<PartPlan>): Promise<PartHandle> {
  const networks = [{ network, aliases: [] }];
  const startDeadline = deadlines.smallPartStart;
  return keeper.startPart(rig, { name: "whoami", image, networks, ready: readyWhenRunning, startDeadline, ...plan });
}

const exists = ({ containerId }: PartHandle): Promise<boolean> =>
  engine.docker
    .getContainer(containerId)
    .inspect()
    .then(
      () => true,
      () => false,
    );

test("a part is kept while the next deployment's would be identical, and is replaced when anything of it differs", async () => {
  const network = await networkOf("plain", true);
  const first = await start("plain", network, { environment: { A: "1" } });
  const second = await start("plain", network, { environment: { A: "1" } });
  expect([second.containerId, first.isKept, second.isKept]).toEqual([first.containerId, undefined, true]);
  const other = await start("plain", network, { environment: { A: "2" } });
  expect(other.containerId).not.toBe(first.containerId);
  expect([await exists(first), await exists(other)]).toEqual([false, true]);
});

test("a service with routers that the next deployment lacks is removed, and a part without stays", async () => {
  const network = await networkOf("shrinking", true);
  const labels = { "traefik.http.routers.chat.rule": "Path(`/chat`)" };
  const [chat, litellm] = [
    await start("shrinking", network, { name: "chat", labels }),
    await start("shrinking", network, { name: "litellm", labels }),
  ];
  const client = await start("shrinking", network, { name: "client" });
  await keeper.removeOthers("shrinking", new Set(["litellm"]));
  expect(await Promise.all([chat, litellm, client].map(exists))).toEqual([false, true, true]);
});

test("when networks are replaced, every part on them is replaced too, also those of another rig", async () => {
  const before = await networkOf("gateway", true);
  const added = await start("clients", before, {});
  const elsewhere = await start("other", await networkOf("other", true), {});
  const after = await networkOf("gateway", false);
  expect([await exists(added), await exists(elsewhere)]).toEqual([false, true]);
  expect((await start("clients", after, {})).addresses).toHaveProperty(after.name);
});

test("a database is replaced with the LiteLLM that writes to it, and kept while that is kept", async () => {
  const network = await networkOf("written", true);
  const networks = [{ network, aliases: [] }];
  const usedBy = (value: string): PartPlan => {
    const environment = { A: value };
    const startDeadline = deadlines.smallPartStart;
    return { name: "litellm", image, networks, environment, ready: readyWhenRunning, startDeadline };
  };
  const database = (value: string) => start("written", network, { name: "postgres", usedBy: usedBy(value) });
  const first = await database("1");
  expect((await database("1")).containerId).toBe(first.containerId);
  const other = await database("2");
  expect([await exists(first), await exists(other)]).toEqual([false, true]);
});
