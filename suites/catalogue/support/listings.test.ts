import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { listPatiently } from "./listings.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** How many listings are made when each takes `lasts` milliseconds and this share of starvation is measured. */
async function listingsMade(lasts: number, share: number | undefined): Promise<number> {
  let made = 0;
  const list = async (): Promise<number> => {
    vi.advanceTimersByTime(lasts);
    return ++made;
  };
  return await listPatiently(list, () => () => (share === undefined ? undefined : { share, by: "pressure" }));
}

test.for([
  ["a quick listing on a starved machine", 2_000, 0.9, 1],
  ["an upstream that never answers, on an idle machine", 31_000, 0.1, 1],
  ["an upstream that is not listed in time, on a starved machine", 31_000, 0.9, 3],
  ["the same where the kernel measures nothing", 31_000, undefined, 3],
] as const)("%s", async ([, lasts, share, expected]) => {
  expect(await listingsMade(lasts, share)).toBe(expected);
});
