import { execFileSync, spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect, createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { deadlines, until } from "../../helpers/core/deadlines.ts";
import { Progress } from "../../helpers/core/terminal/progress.ts";
import { connectEngine, type Engine } from "../engine/engine.ts";
import { removeRun } from "../engine/removal.ts";
import { runLabel } from "../engine/run-labels.ts";
import { partLabel, rigLabel } from "../parts/part.ts";

/** The result of a run that was cut short. */
interface Ended {
  exitCode: number | null;
  output: string;
  report:
    | { run: { id: string }; result: string; incomplete: string | null; counts: Record<string, number> }
    | undefined;
}

/** Files whose checks need the edge rig only, and take a few seconds. */
const files = ["public-paths", "path-disguises", "credentials"].map((name) => `suites/routes/access/${name}.spec.ts`);

let folder: string;
let reports: string;
let engine: Engine;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "run-ends-"));
  reports = join(folder, "reports");
  engine = await connectEngine({ progress: new Progress() });
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Starts a run as an operator would, and passes it to `disturb` once its output contains the awaited text. */
async function run(
  awaited: string,
  disturb: (child: { pid: number; id: string; stopReading(): void }) => Promise<void> | void,
  environment: Record<string, string> = {},
  chosen = files,
): Promise<Ended> {
  const { VITEST: _, VITEST_POOL_ID: __, VITEST_WORKER_ID: ___, VITEST_MODE: ____, ...clean } = process.env;
  const child = spawn(process.execPath, [resolve("node_modules/vitest/vitest.mjs"), "run", ...chosen], {
    env: { ...clean, REPORTS: reports, NO_COLOR: "1", ...environment },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.on("data", (piece: Buffer) => {
      output += piece;
    });
  }
  const exit = new Promise<number | null>((done) => child.once("close", done));
  await until(`the run prints '${awaited}'`, deadlines.gatewayStart, async () =>
    output.includes(awaited) || child.exitCode !== null ? true : undefined,
  );
  const { pid = 0 } = child;
  const stopReading = (): void => {
    child.stdout.destroy();
    child.stderr.destroy();
  };
  await disturb({ pid, id: await runOf(pid), stopReading });
  const exitCode = await exit;
  const file = join(reports, "conformance.json");
  const report = existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as Ended["report"]) : undefined;
  return { exitCode, output, report };
}

/** Id of the run that a process has on the engine. */
async function runOf(pid: number): Promise<string> {
  const all = await engine.docker.listContainers({ all: true, filters: { label: [runLabel] } });
  const own = all.find(({ Labels }) => Labels["gateway-conformance.process"]?.includes(`"pid":${pid},`));
  return own?.Labels[runLabel] ?? "";
}

/** The containers and networks of a run that still exist. */
async function remainingOf({ report, output }: Ended): Promise<string[]> {
  if (report === undefined) throw new Error(`the run has written no report: ${output}`);
  const filters = { label: [`${runLabel}=${report.run.id}`] };
  const [containers, networks] = await Promise.all([
    engine.docker.listContainers({ all: true, filters }),
    engine.docker.listNetworks({ filters }),
  ]);
  return [
    ...containers.map(({ Names, State }) => `container ${Names.join(" ")} (${State})`),
    ...networks.map(({ Name }) => `network ${Name}`),
  ];
}

async function container(id: string, rig: string, part: string) {
  const label = [`${runLabel}=${id}`, `${rigLabel}=${id}-${rig}`, `${partLabel}=${part}`];
  const [found] = await engine.docker.listContainers({ filters: { label } });
  if (found === undefined) throw new Error(`the run ${id} has no part ${rig}/${part}`);
  return engine.docker.getContainer(found.Id);
}

describe("a run that is cut short reports what it proved, marked as incomplete, and leaves nothing behind", () => {
  test.each(["SIGINT", "SIGTERM", "SIGHUP"] as const)("by %s", async (signal) => {
    const ended = await run("✓ start the edge rig", ({ pid }) => void process.kill(pid, signal));
    expect(ended, ended.output).toMatchObject({ exitCode: 3, report: { result: "environment-failed" } });
    expect(ended.report?.incomplete).toContain(`interrupted by ${signal}`);
    expect(ended.output).toContain("THE ENVIRONMENT FAILED");
    expect(await remainingOf(ended), ended.output).toEqual([]);
  });

  test("by SIGINT while LiteLLM boots", async () => {
    const ended = await run(
      "",
      async ({ pid }) => {
        // LiteLLM takes seconds from here to its first answer, on any machine.
        await until("LiteLLM's container runs", deadlines.gatewayStart, async () =>
          container(await runOf(pid), "gateway", "litellm"),
        );
        process.kill(pid, "SIGINT");
      },
      {},
      ["suites/catalogue/protocol/handshake.spec.ts"],
    );
    expect(ended, ended.output).toMatchObject({ exitCode: 3, report: { result: "environment-failed" } });
    expect(ended.report?.incomplete).toContain("interrupted by SIGINT");
    expect(ended.report?.counts.failed, ended.output).toBe(0);
    expect(ended.output).not.toContain("✓ start the gateway rig");
    expect(await remainingOf(ended), ended.output).toEqual([]);
  });

  test.each(["kill", "remove"] as const)("by the loss of a part (%s)", async (how) => {
    const ended = await run("✓ start the edge rig", async ({ id }) => {
      const traefik = await container(id, "edge", "traefik");
      await (how === "kill" ? traefik.kill() : traefik.remove({ force: true }));
    });
    expect(ended, ended.output).toMatchObject({ exitCode: 3, report: { result: "environment-failed" } });
    expect(ended.report?.counts.failed, ended.output).toBe(0);
    expect(ended.report?.incomplete).toMatch(/edge\/traefik (stopped|went away) during the run/);
    expect(await remainingOf(ended), ended.output).toEqual([]);
  });

  test("by the loss of the engine", async () => {
    const proxy = await engineProxy(join(folder, "engine.sock"));
    let runId = "";
    const ended = await run(
      "✓ start the edge rig",
      ({ id }) => {
        runId = id;
        proxy.cut();
      },
      { DOCKER_HOST: `unix://${proxy.path}` },
    );
    expect(ended, ended.output).toMatchObject({ exitCode: 3, report: { result: "environment-failed" } });
    expect(ended.report?.incomplete).toContain("the engine went away during the run");
    expect(ended.report?.counts.failed).toBe(0);
    expect(ended.output).toContain("the parts were not removed (the next start removes them)");
    // The next start of the suite would do the same.
    await removeRun(engine, runId);
  });

  test.skipIf(process.getuid?.() !== 0)("by a full disk", async () => {
    const disk = join(folder, "disk");
    mkdirSync(disk);
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=6m", "tmpfs", disk]);
    try {
      reports = join(disk, "reports");
      const ended = await run("✓ start the edge rig", () => fill(join(disk, "ballast")));
      expect(ended, ended.output).toMatchObject({ exitCode: 3, report: { result: "environment-failed" } });
      expect(ended.report?.incomplete).toContain("no space left on device");
      expect(ended.report?.counts.failed).toBe(0);
      expect(ended.report?.counts.passed).toBeGreaterThan(0);
    } finally {
      execFileSync("umount", [disk]);
    }
  });
});

test("when a part of a rig cannot be provided, the others are removed too, although they were still being created", async () => {
  const ended = await run("✗ start the gateway rig", () => {}, { CODEX_VERSION: "0.0.9" }, [
    "suites/catalogue/protocol/handshake.spec.ts",
  ]);
  expect(ended, ended.output).toMatchObject({ exitCode: 3, report: { result: "environment-failed" } });
  expect(ended.output).toContain("codex 0.0.9 cannot be built");
  expect(await remainingOf(ended), ended.output).toEqual([]);
});

test("a run continues to its end although its output is not read any more", async () => {
  const ended = await run("✓ start the edge rig", ({ stopReading }) => stopReading());
  expect({ exitCode: ended.exitCode, result: ended.report?.result }).toEqual({ exitCode: 0, result: "conformant" });
  expect(await remainingOf(ended), ended.output).toEqual([]);
});

test("a signal before anything was started ends the run immediately, and leaves nothing behind", async () => {
  const path = join(folder, "silent.sock");
  // An engine that accepts the connection and never answers.
  const { promise: connected, resolve: onConnection } = Promise.withResolvers<void>();
  const server = createServer(() => onConnection());
  await new Promise<void>((listening) => server.listen(path, listening));
  const { VITEST: _, VITEST_POOL_ID: __, VITEST_WORKER_ID: ___, VITEST_MODE: ____, ...clean } = process.env;
  const child = spawn(process.execPath, [resolve("node_modules/vitest/vitest.mjs"), "run", ...files], {
    env: { ...clean, REPORTS: reports, NO_COLOR: "1", DOCKER_HOST: `unix://${path}` },
    stdio: ["ignore", "ignore", "pipe"],
  });
  let output = "";
  child.stderr.on("data", (piece: Buffer) => {
    output += piece;
  });
  const exit = new Promise<number | null>((done) => child.once("close", done));
  await connected;
  child.kill("SIGINT");
  expect({ exitCode: await exit, output }).toEqual({ exitCode: 3, output: "SIGINT: nothing was started yet\n" });
  expect(readdirSync(join(folder, ".running"))).toEqual([]);
  server.close();
});

test("a folder in which no report can be written is reported in one line, before anything is started", async () => {
  writeFileSync(join(folder, "file"), "");
  const { exitCode, output } = await run("no report can be written", () => {}, { REPORTS: join(folder, "file", "r") });
  expect(exitCode).toBe(3);
  expect(output).toMatch(/^no report can be written to .*; free 4 MB, or set REPORTS to another directory$/m);
});

function fill(file: string): void {
  for (let size = 1_000_000; size >= 1; size = Math.floor(size / 2)) {
    for (;;) {
      try {
        writeFileSync(file, Buffer.alloc(size), { flag: "a" });
      } catch {
        break;
      }
    }
  }
}

/** A proxy in front of the engine's socket; its connections can be cut. */
async function engineProxy(path: string): Promise<{ path: string; cut(): void }> {
  const sockets = new Set<Socket>();
  const server: Server = createServer((near) => {
    const far = connect(process.env.DOCKER_HOST?.replace(/^unix:\/\//, "") ?? "/var/run/docker.sock");
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(one);
      one.on("error", () => other.destroy());
      one.pipe(other);
    }
  });
  await new Promise<void>((listening) => server.listen(path, listening));
  const cut = (): void => {
    server.close();
    for (const socket of sockets) socket.destroy();
  };
  return { path, cut };
}
