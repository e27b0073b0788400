import { afterAll, expect, test, vi } from "vitest";
import { until } from "../../../../helpers/core/deadlines.ts";
import { Progress } from "../../../../helpers/core/terminal/progress.ts";
import type { TraefikModel } from "../../../../helpers/deployment/traefik/model.ts";
import { connectEngine } from "../../../engine/engine.ts";
import { removeRun } from "../../../engine/removal.ts";
import { newRun, runLabel } from "../../../engine/run-labels.ts";
import { Images } from "../../../images/images.ts";
import { createNetworks } from "../../../networks/network.ts";
import { rigMark } from "../../part.ts";
import { answersHttp, readyWhenRunning } from "../../readiness.ts";
import { startPart } from "../../start-part.ts";
import { rawData, routersLoaded } from "../traefik.ts";
import { ListingAgain, startListedContainer } from "./list-again.ts";
import { listedName, suiteName, suiteRouterConstraint, suiteRouterLabels, traefikApiPort } from "./suite-api.ts";

const run = newRun({ keep: false });
const engine = await connectEngine({ progress: new Progress() });

afterAll(() => removeRun(engine, run.id));

test("a container starts and ends where the routers were missed for long, and leaves nothing", async () => {
  const images = new Images(engine, { mode: "auto", progress: new Progress() });
  const part = await startPart({ engine, run, images }, "edge", {
    name: "traefik",
    image: await images.get("whoami"),
    networks: [],
    labels: { "traefik.enable": "true" },
    ready: readyWhenRunning,
    startDeadline: 30_000,
  });
  const label = [`${runLabel}=${run.id}`];
  const ended: Record<string, string>[] = [];
  const events = await engine.docker.getEvents({ filters: { label, event: ["die"] } });
  events.on("data", (line: Buffer) => ended.push(JSON.parse(String(line)).Actor.Attributes));
  const now = vi.spyOn(performance, "now").mockReturnValue(0);
  const listing = new ListingAgain(engine, part.containerId);
  now.mockReturnValue(1_900);
  await listing.missed();
  now.mockReturnValue(2_100);
  await listing.missed();
  await listing.missed();
  now.mockRestore();
  const containers = async () => await engine.docker.listContainers({ all: true, filters: { label } });
  await until("the container is gone", 10_000, async () =>
    ended.length > 0 && (await containers()).length === 1 ? true : undefined,
  );
  expect(ended).toHaveLength(1);
  expect(ended[0]).not.toHaveProperty("traefik.enable");
  expect(ended[0]).not.toHaveProperty("gateway-conformance.rig");
  (events as unknown as { destroy(): void }).destroy();
});

test("the router of a container that is started last shows that Traefik has listed the ones before", async () => {
  const images = new Images(engine, { mode: "auto", progress: new Progress() });
  const networks = await createNetworks(engine, run, "listed", [{ name: "proxy", internal: false }]);
  const mark = rigMark(run, "listed");
  const traefik = await startPart({ engine, run, images }, "listed", {
    name: "traefik",
    image: await images.traefik(undefined),
    networks: [...networks.values()].map((network) => ({ network, aliases: [] })),
    command: [
      `--entryPoints.${suiteName}.address=:${traefikApiPort}`,
      "--api=true",
      "--providers.docker.exposedByDefault=false",
      `--providers.docker.constraints=${suiteRouterConstraint(mark)}`,
    ],
    labels: suiteRouterLabels(mark),
    binds: [{ source: engine.socketPath, target: "/var/run/docker.sock", readOnly: true }],
    publish: [traefikApiPort],
    ready: answersHttp(traefikApiPort, "/api/version"),
    startDeadline: 30_000,
  });
  const hasListed = async () => (await rawData(traefik)).hasListed;
  expect(await hasListed()).toBe(false);
  {
    await using _listed = await startListedContainer(engine, traefik.containerId);
    await until("Traefik has listed the containers", 30_000, async () => (await hasListed()) || undefined);
    // It is the suite's own, and no check sees it.
    expect((await rawData(traefik)).routers).toEqual([]);
  }
  await until("its router is gone", 30_000, async () => !(await hasListed()) || undefined);
  // A router that the files define and that Traefik drops: the wait ends, and leaves no container.
  const dropped = {
    containers: [{ isLive: true, service: { key: "litellm" }, configuration: { routers: [{}] } }],
    providers: ["docker"],
    routerOf: () => undefined,
  } as unknown as TraefikModel;
  expect(await routersLoaded(engine, traefik, dropped, new Set(["litellm"]))).toBe(false);
  const label = [`${runLabel}=${run.id}`];
  const left = await engine.docker.listContainers({ filters: { label } });
  expect(left.flatMap(({ Labels: labels }) => Object.keys(labels)).filter((key) => key.includes(listedName))).toEqual(
    [],
  );
});
