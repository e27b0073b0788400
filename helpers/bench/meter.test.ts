import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { ContainerGroups, type ContainerUsage } from "./cgroups.ts";
import { Meter, type MeterSources } from "./meter.ts";
import { Processes } from "./processes.ts";

const id = "a".repeat(64);

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "bench-"));
});
afterEach(() => rmSync(root, { recursive: true }));

function write(path: string, text: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
}

describe("control groups", () => {
  test("version 1: a tree for each resource", () => {
    write(`cpuacct/docker/${id}/cpuacct.usage`, "2500000000\n");
    write(`cpuacct/docker/${id}/cgroup.procs`, "11\n12\n");
    write("cpuacct/docker/cpuacct.usage", "9\n");
    write(`memory/docker/${id}/memory.stat`, "rss 1\ntotal_rss 4096\n");
    const groups = new ContainerGroups(root);
    expect([...groups.containers()]).toEqual([[id, `docker/${id}`]]);
    expect(groups.usage(`docker/${id}`)).toEqual({ cpuSeconds: 2.5, memory: 4_096, processes: [11, 12] });
  });

  test("version 2, below systemd", () => {
    const group = `system.slice/docker-${id}.scope`;
    write(`${group}/cpu.stat`, "usage_usec 1500000\nuser_usec 1\n");
    write(`${group}/cgroup.procs`, "11\n");
    write(`${group}/memory.stat`, "anon 8192\nfile 1\n");
    const groups = new ContainerGroups(root);
    expect([...groups.containers()]).toEqual([[id, group]]);
    expect(groups.usage(group)).toEqual({ cpuSeconds: 1.5, memory: 8_192, processes: [11] });
    rmSync(join(root, group), { recursive: true });
    expect(groups.usage(group)).toBeUndefined();
  });
});

test("a process is read by its fields, whatever its name contains", () => {
  const fields = ["S", 7, ...Array.from({ length: 9 }, () => 0), 150, 50, 300, 100];
  write("42/stat", `42 (a (b) c) ${fields.join(" ")}\n`);
  write("42/cmdline", "node\0server.mjs\0");
  write("42/status", "Name:\tx\nVmHWM:\t    100 kB\n");
  write("stat", "cpu  100 100 100 9999 9999 50 50 7 7 7\n");
  const processes = new Processes(root);
  expect(processes.usage(42)).toEqual({ name: "a (b) c", parent: 7, own: 2, children: 4 });
  expect(processes.commandLine(42)).toEqual(["node", "server.mjs"]);
  expect(processes.peakMemory(42)).toBe(102_400);
  expect(processes.machine()).toBe(4);
  expect(processes.usage(43)).toBeUndefined();
  expect(processes.all()).toEqual([42]);
});

/** A machine with one container of the run and one of somebody else, and an engine that works. */
function machine() {
  const usage: Record<string, ContainerUsage> = {
    ours: { cpuSeconds: 1, memory: 100, processes: [1] },
    theirs: { cpuSeconds: 50, memory: 900, processes: [] },
  };
  const commands: Record<number, string[]> = {
    1: ["/opt/litellm/bin/python", "/opt/litellm/bin/litellm", "--config", "c"],
    2: ["/opt/runtime/bin/node", "/usr/local/bin/mcp-server-filesystem", "/srv"],
    3: ["sh", "-c", "true"],
    4: ["/opt/litellm/bin/python", "/opt/litellm/bin/litellm", "--config", "c"],
    5: [],
  };
  const parents: Record<number, number> = { 1: 99, 2: 1, 3: 2, 4: 1, 5: 1 };
  const engine = { own: 10, children: 5 };
  const sources: MeterSources = {
    groups: {
      containers: () => new Map(Object.keys(usage).map((name) => [name, name])),
      usage: (group) => usage[group],
    },
    processes: {
      all: () => [1_000],
      usage: (pid) => {
        if (pid === 1_000) return { name: "dockerd", parent: 1, ...engine };
        const parent = parents[Number(pid)];
        return parent === undefined ? undefined : { name: "x", parent, own: 0, children: 0 };
      },
      commandLine: (pid) => commands[pid] ?? [],
      machine: () => 0,
    },
    describe: async (container) => (container === "ours" ? { rig: "gateway", part: "litellm" } : undefined),
  };
  return { usage, commands, engine, sources };
}

test("a part costs what it used before and after a restart; what belongs to others costs nothing", async () => {
  const { usage, engine, sources } = machine();
  const meter = new Meter(sources);
  await Promise.resolve();
  usage.ours = { cpuSeconds: 6, memory: 700, processes: [1] };
  meter.read();
  usage.ours = { cpuSeconds: 2, memory: 300, processes: [1] };
  engine.children += 3;
  const measured = await meter.stop();
  expect(measured.parts).toEqual([{ rig: "gateway", part: "litellm", cpuSeconds: 8, peakMemory: 700 }]);
  expect(measured.engine).toBe(3);
  expect(measured.peakMemory).toBe(700);
});

test("each process that LiteLLM itself starts is counted once, by its program", async () => {
  const { usage, sources } = machine();
  const meter = new Meter(sources);
  await Promise.resolve();
  usage.ours = { cpuSeconds: 2, memory: 1, processes: [1, 2, 3] };
  meter.read();
  meter.read();
  const { spawns } = await meter.stop();
  expect(spawns.map(({ rig, program }) => [rig, program])).toEqual([["gateway", "mcp-server-filesystem"]]);
});

test("a process that has just been forked is counted once it has its own command line, one that has ended by its name", async () => {
  const { usage, commands, sources } = machine();
  const meter = new Meter(sources);
  await Promise.resolve();
  usage.ours = { cpuSeconds: 2, memory: 1, processes: [1, 4, 5] };
  meter.read();
  commands[4] = ["/opt/runtime/bin/python3", "-IS", "/usr/local/bin/postgres-mcp"];
  meter.read();
  const { spawns } = await meter.stop();
  expect(spawns.map(({ program }) => program)).toEqual(["x", "postgres-mcp"]);
});
