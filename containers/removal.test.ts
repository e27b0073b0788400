import { afterEach, expect, test, vi } from "vitest";
import { deadlines } from "../helpers/deadlines.ts";
import { EnvironmentError } from "../helpers/faults.ts";
import type { Engine } from "./engine.ts";
import { removeContainer } from "./run.ts";

afterEach(() => void vi.useRealTimers());

/** An engine that removes containers, and what it was asked. */
function engineThat(remove: (container: string) => Promise<void>): Engine {
  return { docker: { getContainer: (id: string) => ({ remove: () => remove(id) }) } } as unknown as Engine;
}

test("containers are removed one at a time: engine 20.10 locks up when two leave one network at once", async () => {
  let [now, most] = [0, 0];
  const engine = engineThat(async () => {
    most = Math.max(most, ++now);
    await new Promise((done) => setImmediate(done));
    now--;
  });
  await Promise.all(["a", "b", "c"].map((id) => removeContainer(engine, id)));
  expect(most).toBe(1);
});

test("a removal that hangs is told, and those behind it are removed all the same", async () => {
  vi.useFakeTimers();
  const removed: string[] = [];
  const engine = engineThat((id) => {
    if (id === "stuck") return new Promise(() => {});
    removed.push(id);
    return Promise.resolve();
  });
  const stuck = removeContainer(engine, "stuck").catch((error: unknown) => error);
  const others = Promise.all(["a", "b"].map((id) => removeContainer(engine, id)));
  await vi.advanceTimersByTimeAsync(deadlines.removal - 1);
  expect(removed).toEqual([]);
  await vi.advanceTimersByTimeAsync(1);
  expect(await stuck).toBeInstanceOf(EnvironmentError);
  await others;
  expect(removed).toEqual(["a", "b"]);
});
