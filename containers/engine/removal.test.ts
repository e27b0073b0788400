import { afterEach, expect, test, vi } from "vitest";
import { deadlines } from "../../helpers/core/deadlines.ts";
import { EnvironmentError } from "../../helpers/core/errors.ts";
import type { Engine } from "./engine.ts";
import { removeContainer, removeContainersAndNetworks, removeNetwork } from "./removal.ts";

afterEach(() => void vi.useRealTimers());

/** An engine that can only remove containers. */
function engineThat(remove: (container: string) => Promise<void>): Engine {
  return { docker: { getContainer: (id: string) => ({ remove: () => remove(id) }) } } as unknown as Engine;
}

test("containers are removed one at a time: engine 20.10 deadlocks when two leave a network at the same time", async () => {
  let [now, most] = [0, 0];
  const engine = engineThat(async () => {
    most = Math.max(most, ++now);
    await new Promise((done) => setImmediate(done));
    now--;
  });
  await Promise.all(["a", "b", "c"].map((id) => removeContainer(engine, id)));
  expect(most).toBe(1);
});

/** A container as the engine lists it. */
const listed = (id: string, ...networks: string[]): Parameters<typeof removeContainersAndNetworks>[1][number] => ({
  Id: id,
  NetworkSettings: { Networks: Object.fromEntries(networks.map((name) => [name, { NetworkID: `id-of-${name}` }])) },
});

test("the containers of a run leave each network one at a time, and are removed together with the networks after that", async () => {
  const calls: string[] = [];
  const now = new Map<string, number>();
  const atOnce = async (what: string, limit: number): Promise<void> => {
    const count = (now.get(what) ?? 0) + 1;
    now.set(what, count);
    expect(count).toBeLessThanOrEqual(limit);
    await new Promise((done) => setImmediate(done));
    now.set(what, count - 1);
  };
  const engine = {
    docker: {
      getNetwork: (network: string) => ({
        disconnect: async ({ Container }: { Container: string }) => {
          calls.push(`${Container} leaves ${network}`);
          await atOnce(network, 1);
        },
        remove: async () => void calls.push(`remove ${network}`),
      }),
      getContainer: (id: string) => ({
        remove: async () => {
          calls.push(`remove ${id}`);
          await atOnce("containers", 3);
        },
      }),
    },
  } as unknown as Engine;
  await removeContainersAndNetworks(
    engine,
    [listed("one", "a"), listed("two", "a", "b"), listed("three")],
    [{ Id: "id-of-a" }],
  );
  expect(calls).toEqual([
    "one leaves id-of-a",
    "two leaves id-of-b",
    "two leaves id-of-a",
    "remove id-of-a",
    "remove one",
    "remove two",
    "remove three",
  ]);
});

test("a container that can't leave its network is an error of the engine, after all containers were removed", async () => {
  vi.useFakeTimers();
  const removed: string[] = [];
  const engine = {
    docker: {
      getNetwork: () => ({
        disconnect: ({ Container }: { Container: string }) =>
          Container === "stuck" ? new Promise(() => {}) : Promise.resolve(),
      }),
      getContainer: (id: string) => ({ remove: async () => void removed.push(id) }),
    },
  } as unknown as Engine;
  const removal = removeContainersAndNetworks(
    engine,
    [listed("stuck", "a"), listed("next", "a"), listed("other", "b")],
    [],
  ).catch((error: unknown) => error);
  await vi.advanceTimersByTimeAsync(deadlines.removal + 1);
  expect(await removal).toBeInstanceOf(EnvironmentError);
  expect(removed).toEqual(["stuck", "next", "other"]);
});

test("a container that is refused to leave its network, and is removed all the same, is not a failure", async () => {
  const removed: string[] = [];
  const engine = {
    docker: {
      getNetwork: () => ({ disconnect: () => Promise.reject(new Error("cannot be disconnected from host network")) }),
      getContainer: (id: string) => ({ remove: async () => void removed.push(id) }),
    },
  } as unknown as Engine;
  await removeContainersAndNetworks(engine, [listed("one", "host")], []);
  expect(removed).toEqual(["one"]);
});

test("removals that hang are reported after one deadline, and the containers in the queue are still removed", async () => {
  vi.useFakeTimers();
  const removed: string[] = [];
  const engine = engineThat((id) => {
    if (id.startsWith("stuck")) return new Promise(() => {});
    removed.push(id);
    return Promise.resolve();
  });
  const remove = (id: string): Promise<unknown> => removeContainer(engine, id).catch((error: unknown) => error);
  const [first, second] = [remove("stuck-1"), remove("stuck-2")];
  const others = [remove("a"), remove("b")];
  await vi.advanceTimersByTimeAsync(deadlines.removal - 1);
  expect(removed).toEqual([]);
  await vi.advanceTimersByTimeAsync(1);
  expect(await first).toBeInstanceOf(EnvironmentError);
  await vi.advanceTimersByTimeAsync(1);
  expect(removed).toEqual(["a", "b"]);
  await Promise.all(others);
  await vi.advanceTimersByTimeAsync(deadlines.removal);
  expect(await second).toBeInstanceOf(EnvironmentError);
});

test("a network is removed although the container on it left while it was being disconnected", async () => {
  const calls: string[] = [];
  const answers = (statusCode: number, message: string): Error => Object.assign(new Error(message), { statusCode });
  const network = {
    remove: async () => {
      calls.push("remove");
      if (calls.length === 1) throw answers(403, "network has active endpoints");
    },
    inspect: async () => ({ Containers: { "1f2e": {} } }),
    disconnect: async ({ Container }: { Container: string }) => {
      calls.push(`disconnect ${Container}`);
      // What engine 20.10 answers when the start of the container is cancelled at that moment.
      throw answers(500, `container ${Container} is not connected to network traefik-net`);
    },
  };
  await removeNetwork({ docker: { getNetwork: () => network } } as unknown as Engine, "traefik-net");
  expect(calls).toEqual(["remove", "disconnect 1f2e", "remove"]);
});
