import { describe, expect, test, vi } from "vitest";
import { EnvironmentError } from "../../helpers/core/errors.ts";
import { Progress } from "../../helpers/core/terminal/progress.ts";
import type { PartHandle, PartPlan } from "../parts/part.ts";
import { readyWhenRunning } from "../parts/readiness.ts";
import type { RigName, RigStarters, RigState, RigTools } from "./rig.ts";
import { RigPool, type RigPoolOptions } from "./rig-pool.ts";

const stateOf = (rig: RigName): RigState => ({ rig, parts: {}, networks: {}, changes: [] });

const plan: PartPlan = {
  name: "part",
  image: { part: "part", version: "1", reference: "part:1", digest: "sha256:0", origin: "built", source: "" },
  networks: [],
  ready: readyWhenRunning,
  startDeadline: 1,
};

const handle: PartHandle = {
  name: "part",
  rig: "edge",
  containerId: "0",
  ports: {},
  host: "127.0.0.1",
  addresses: {},
  addresses6: {},
  record: {
    name: "part",
    rig: "edge",
    version: "1",
    image: "",
    digest: "",
    origin: "built",
    source: "",
    containerId: "",
  },
  started: {
    entrypoint: undefined,
    command: undefined,
    environment: {},
    labels: {},
    networks: {},
    files: [],
    user: undefined,
    workingDir: undefined,
  },
};

/** A pool whose rigs start without an engine, and how often each was started. */
function poolOf(starters: Partial<RigStarters> = {}, options: Partial<RigPoolOptions> = {}) {
  const starts: RigName[] = [];
  const starterOf = (name: RigName) => async (tools: RigTools) => {
    starts.push(name);
    return (await starters[name]?.(tools)) ?? stateOf(name);
  };
  const pool = new RigPool({
    starters: {
      edge: starterOf("edge"),
      gateway: starterOf("gateway"),
      clients: starterOf("clients"),
      reachability: starterOf("reachability"),
      "test-gateway": starterOf("test-gateway"),
      "restartable-gateway": starterOf("restartable-gateway"),
      login: starterOf("login"),
      "login-clients": starterOf("login-clients"),
    },
    progress: new Progress({ write: () => true }),
    startPart: async () => handle,
    createNetworks: async () => new Map(),
    ...options,
  });
  return { pool, starts };
}

const over = new EnvironmentError("the run is over");

describe("a rig", () => {
  test("is started once, and shared by all callers", async () => {
    const { pool, starts } = poolOf();
    const [one, other] = await Promise.all([pool.rig("edge"), pool.rig("edge")]);
    expect(await pool.rig("edge")).toBe(one);
    expect(other).toBe(one);
    expect(starts).toEqual(["edge"]);
    expect(pool.started).toEqual([one]);
  });

  test("may extend another one, which is then started too, and once", async () => {
    const { pool, starts } = poolOf({
      clients: async ({ rig }) => ({ ...(await rig("gateway")), rig: "clients" }),
      reachability: async ({ rig }) => ({ ...(await rig("gateway")), rig: "reachability" }),
    });
    await Promise.all([pool.rig("clients"), pool.rig("reachability")]);
    expect(starts.toSorted()).toEqual(["clients", "gateway", "reachability"]);
  });

  test("that fails is not started again: every caller gets the same error", async () => {
    const failure = new EnvironmentError("traefik did not start", { part: "traefik" });
    const { pool, starts } = poolOf({ edge: () => Promise.reject(failure) });
    await pool.prepare("edge");
    await expect(pool.rig("edge")).rejects.toBe(failure);
    await expect(pool.rig("edge")).rejects.toBe(failure);
    await expect(pool.all()).rejects.toBe(failure);
    expect(starts).toEqual(["edge"]);
    expect(pool.started).toEqual([]);
  });

  test("is reported once when it has started or failed, before callers get it", async () => {
    const failure = new EnvironmentError("traefik did not start");
    const events: string[] = [];
    const { pool } = poolOf(
      { edge: () => Promise.reject(failure) },
      {
        onSettled: async (name, error) => {
          await Promise.resolve();
          events.push(`${name} settled${error === undefined ? "" : `: ${error.message}`}`);
        },
      },
    );
    const ask = (name: RigName) => pool.rig(name).finally(() => events.push(`${name} returned`));
    await Promise.allSettled([ask("edge"), ask("gateway"), ask("gateway")]);
    expect(events.filter((event) => event.startsWith("edge"))).toEqual([
      "edge settled: traefik did not start",
      "edge returned",
    ]);
    expect(events.filter((event) => event.startsWith("gateway"))).toEqual([
      "gateway settled",
      "gateway returned",
      "gateway returned",
    ]);
  });

  test("is shown while it starts", async () => {
    const progress = new Progress({ write: () => true });
    const { pool } = poolOf({}, { progress });
    await pool.rig("restartable-gateway");
    expect(progress.phases.map(({ name }) => name)).toEqual(["start the restartable-gateway rig"]);
  });
});

describe("a pool", () => {
  test("waits for all rigs that were asked for, whether they start or fail", async () => {
    const { promise, resolve } = Promise.withResolvers<RigState>();
    const { pool } = poolOf({ edge: () => promise, gateway: () => Promise.reject(over) });
    void pool.prepare("edge");
    void pool.prepare("gateway");
    const settled = vi.fn();
    const waiting = pool.settled().then(settled);
    await new Promise(setImmediate);
    expect(settled).not.toHaveBeenCalled();
    resolve(stateOf("edge"));
    await waiting;
    expect(pool.started.map(({ rig }) => rig)).toEqual(["edge"]);
  });

  test("that is stopped fails the rigs that have not started yet, and keeps those that have", async () => {
    const { pool } = poolOf({ gateway: () => new Promise(() => {}) });
    const edge = await pool.rig("edge");
    const gateway = pool.rig("gateway");
    pool.stop(over);
    pool.stop(new EnvironmentError("a later reason"));
    await expect(gateway).rejects.toBe(over);
    expect(await pool.rig("edge")).toBe(edge);
    expect(pool.started).toEqual([edge]);
  });

  test("that is stopped starts no other rig", async () => {
    const { pool, starts } = poolOf();
    pool.stop(over);
    await expect(pool.rig("edge")).rejects.toBe(over);
    expect(starts).toEqual([]);
  });

  test("that is stopped creates nothing for a rig that continues to start", async () => {
    const { promise: stopped, resolve: onStop } = Promise.withResolvers<void>();
    const { promise: outcome, resolve: onOutcome } = Promise.withResolvers<unknown>();
    const startPart = vi.fn(async () => handle);
    const createNetworks = vi.fn(async () => new Map());
    const { pool } = poolOf(
      {
        edge: async (tools) => {
          await tools.startPart("edge", plan);
          await stopped;
          const attempts = [tools.startPart("edge", plan), tools.createNetworks("edge", [])];
          onOutcome(await Promise.allSettled(attempts));
          return stateOf("edge");
        },
      },
      { startPart, createNetworks },
    );
    const edge = pool.rig("edge");
    await vi.waitFor(() => expect(startPart).toHaveBeenCalledTimes(1));
    pool.stop(over);
    onStop();
    await expect(edge).rejects.toBe(over);
    expect(await outcome).toEqual([
      { status: "rejected", reason: over },
      { status: "rejected", reason: over },
    ]);
    expect(startPart).toHaveBeenCalledTimes(1);
    expect(createNetworks).not.toHaveBeenCalled();
  });

  test("that is stopped reports the stop, not the part that was lost by the removal", async () => {
    const { promise: starting, reject } = Promise.withResolvers<RigState>();
    const failures: (Error | undefined)[] = [];
    const { pool } = poolOf({ edge: () => starting }, { onSettled: async (_, failure) => void failures.push(failure) });
    const edge = pool.rig("edge");
    pool.stop(over);
    reject(new EnvironmentError("traefik did not start: its container was removed"));
    await expect(edge).rejects.toBe(over);
    expect(failures).toEqual([over]);
  });

  test("removes again until nothing is being created any more", async () => {
    const creating = Promise.withResolvers<PartHandle>();
    const { pool } = poolOf(
      { edge: ({ startPart }) => startPart("edge", plan).then(() => stateOf("edge")) },
      {
        startPart: () => creating.promise,
      },
    );
    void pool.prepare("edge");
    await new Promise(setImmediate);
    pool.stop(over);
    let removals = 0;
    await pool.retire(async () => {
      removals++;
      if (removals === 2) creating.resolve(handle);
    });
    expect(removals).toBe(3);
  });

  test("removes once when nothing is being created", async () => {
    const { pool } = poolOf();
    await pool.rig("edge");
    pool.stop(over);
    const remove = vi.fn(async () => {});
    await pool.retire(remove);
    expect(remove).toHaveBeenCalledTimes(1);
  });
});
