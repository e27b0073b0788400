import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { deadlines } from "../../helpers/core/deadlines.ts";
import { Progress } from "../../helpers/core/terminal/progress.ts";
import { connectEngine, type Engine } from "../engine/engine.ts";
import { removeRun } from "../engine/removal.ts";
import { newRun } from "../engine/run-labels.ts";
import { Images } from "../images/images.ts";
import { createNetworks } from "../networks/network.ts";
import { execute } from "./container-command.ts";
import { readyWhenRunning } from "./readiness.ts";
import { startPart } from "./start-part.ts";

const run = newRun({ keep: false });
let engine: Engine;

beforeAll(async () => {
  engine = await connectEngine({ progress: new Progress() });
});
afterAll(() => removeRun(engine, run.id));

test("a part's settings are the container's", async () => {
  const images = new Images(engine, { mode: "auto", progress: new Progress() });
  // A published port is never bound where all networks are internal, so that the part would not start.
  const [network] = [...(await createNetworks(engine, run, "own", [{ name: "own", internal: true }])).values()];
  if (network === undefined) throw new Error("no network was made");
  const part = await startPart({ engine, run, images }, "edge", {
    name: "settings",
    image: await images.get("whoami"),
    networks: [{ network, aliases: [] }],
    expose: [81],
    files: [{ target: "/run/secrets/key", content: "text", mode: 0o400 }],
    settings: {
      host: {
        Init: true,
        Memory: 256 * 1024 ** 2,
        MemorySwap: 256 * 1024 ** 2,
        NanoCpus: 5e8,
        Tmpfs: { "/cache": "size=1m" },
        ExtraHosts: ["db:10.0.0.1"],
        CapDrop: ["ALL"],
        Ulimits: [{ Name: "nofile", Soft: 1024, Hard: 2048 }],
      },
      stopSignal: "SIGINT",
      emptyDirectories: ["/srv/empty"],
    },
    ready: readyWhenRunning,
    startDeadline: deadlines.smallPartStart,
  });
  const { Config, HostConfig, Mounts } = await engine.docker.getContainer(part.containerId).inspect();
  expect(Config.ExposedPorts).toHaveProperty("81/tcp");
  expect(HostConfig).toMatchObject({
    Init: true,
    Memory: 256 * 1024 ** 2,
    NanoCpus: 5e8,
    Tmpfs: { "/cache": "size=1m" },
    ExtraHosts: ["db:10.0.0.1"],
    CapDrop: ["ALL"],
    Ulimits: [{ Name: "nofile", Soft: 1024, Hard: 2048 }],
    DnsOptions: ["timeout:2", "attempts:2"],
  });
  expect(Config).toMatchObject({ StopSignal: "SIGINT" });
  expect(Mounts.map(({ Destination }) => Destination)).toEqual(["/srv/empty"]);
});

test("a read-only part has its files, with their owners, and what the image has next to them", async () => {
  const images = new Images(engine, { mode: "auto", progress: new Progress() });
  const [network] = [...(await createNetworks(engine, run, "own", [{ name: "read-only", internal: false }])).values()];
  if (network === undefined) throw new Error("no network was made");
  const part = await startPart({ engine, run, images }, "edge", {
    name: "read-only",
    image: await images.get("whoami"),
    networks: [{ network, aliases: [] }],
    files: [
      { target: "/app/config.txt", content: "text", mode: 0o440, uid: 1000, gid: 1001 },
      { target: "/run/secrets/key", content: "secret" },
    ],
    settings: { host: { ReadonlyRootfs: true }, hostname: "reader" },
    ready: readyWhenRunning,
    startDeadline: deadlines.smallPartStart,
  });
  const { stdout, exitCode } = await execute(engine, part.containerId, [
    "sh",
    "-c",
    "stat -c '%u:%g %a %n' /app/config.txt /run/secrets/key; ls /app; hostname; touch /etc/written",
  ]);
  expect(stdout.split("\n")).toEqual(
    expect.arrayContaining(["1000:1001 440 /app/config.txt", "0:0 644 /run/secrets/key", "whoami.ts", "reader"]),
  );
  expect(exitCode).not.toBe(0);
});

test("a file of the run replaces the one of a copied directory, and its neighbours stay", async () => {
  const images = new Images(engine, { mode: "auto", progress: new Progress() });
  const [network] = [...(await createNetworks(engine, run, "own", [{ name: "replaced", internal: false }])).values()];
  if (network === undefined) throw new Error("no network was made");
  const source = mkdtempSync(join(tmpdir(), "directory-"));
  try {
    writeFileSync(join(source, "config.yaml"), "as written\n");
    writeFileSync(join(source, "other.yaml"), "other\n");
    const part = await startPart({ engine, run, images }, "edge", {
      name: "replaced",
      image: await images.get("whoami"),
      networks: [{ network, aliases: [] }],
      directories: [{ source, target: "/srv/config" }],
      files: [{ target: "/srv/config/config.yaml", content: "as changed\n" }],
      ready: readyWhenRunning,
      startDeadline: deadlines.smallPartStart,
    });
    const { stdout } = await execute(engine, part.containerId, ["sh", "-c", "cat /srv/config/*"]);
    expect(stdout).toBe("as changed\nother\n");
  } finally {
    rmSync(source, { recursive: true });
  }
});

test.for([
  [true, "is started once more"],
  [false, "ends the start"],
] as const)("a part that starts again (%s) and is not ready in time %s", async ([startsAgain]) => {
  const images = new Images(engine, { mode: "auto", progress: new Progress() });
  const asked = new Set<string>();
  const starting = startPart({ engine, run, images }, "edge", {
    name: `again-${startsAgain}`,
    image: await images.get("whoami"),
    networks: [],
    startsAgain,
    // The second container is ready.
    ready: {
      what: "is the second one",
      ask: async ({ container }) => asked.add(container.id).size > 1,
    },
    startDeadline: 1_000,
  });
  if (startsAgain) expect(await starting).toMatchObject({ containerId: [...asked][1] });
  else await expect(starting).rejects.toThrow(/again-false .* did not start: is the second one: not within 1 s/);
});

test("a part that ends and prints nothing is reported with its exit code and state", async () => {
  const images = new Images(engine, { mode: "auto", progress: new Progress() });
  const [network] = [...(await createNetworks(engine, run, "silent", [{ name: "silent", internal: true }])).values()];
  if (network === undefined) throw new Error("no network was made");
  const start = startPart({ engine, run, images }, "edge", {
    name: "silent",
    image: await images.get("host"),
    networks: [{ network, aliases: [] }],
    entrypoint: ["sh", "-c", "exit 3"],
    ready: { what: "never ready", ask: async () => false },
    startDeadline: deadlines.smallPartStart,
  });
  await expect(start).rejects.toMatchObject({
    message: expect.stringMatching(/it printed nothing; the state of its container is 'exited', with exit code 3$/),
    log: [],
  });
});
