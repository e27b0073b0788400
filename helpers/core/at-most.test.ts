import { expect, it } from "vitest";
import { atMost } from "./at-most.ts";

it("keeps the order of the items, and works on no more than so many at a time", async () => {
  let running = 0;
  let most = 0;
  const results = await atMost(2, [3, 1, 2, 5], async (item) => {
    running++;
    most = Math.max(most, running);
    for (let turn = 0; turn < item; turn++) await Promise.resolve();
    running--;
    return item * 10;
  });
  expect(results).toEqual([30, 10, 20, 50]);
  expect(most).toBe(2);
});

it("throws what one of them throws", async () => {
  await expect(atMost(3, [1], async () => Promise.reject(new Error("no")))).rejects.toThrow("no");
});
