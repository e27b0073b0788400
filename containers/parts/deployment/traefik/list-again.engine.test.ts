import { afterAll, expect, test, vi } from "vitest";
import { until } from "../../../../helpers/core/deadlines.ts";
import { Progress } from "../../../../helpers/core/terminal/progress.ts";
import { connectEngine } from "../../../engine/engine.ts";
import { removeRun } from "../../../engine/removal.ts";
import { newRun, runLabel } from "../../../engine/run-labels.ts";
import { Images } from "../../../images/images.ts";
import { readyWhenRunning } from "../../readiness.ts";
import { startPart } from "../../start-part.ts";
import { ListingAgain } from "./list-again.ts";

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
