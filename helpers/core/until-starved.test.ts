import { expect, test } from "vitest";
import { untilTwiceIfStarved } from "./until-starved.ts";

/** Waits for what holds in the second wait or never, on a machine with a share of starvation. */
async function waitFor(holds: "in the second wait" | "never", share: number | undefined): Promise<boolean> {
  let isSecondWait = false;
  return await untilTwiceIfStarved(
    "it holds",
    100,
    async () => (holds !== "never" && isSecondWait) || undefined,
    () => () => {
      isSecondWait = true;
      return share === undefined ? undefined : { share, by: "pressure" };
    },
  );
}

test("a wait has twice the time on a starved machine", async () => {
  expect(await waitFor("in the second wait", 0.99)).toBe(true);
});

test.each([
  ["on a free machine", 0.1, /^it holds: not within 0\.1 s$/],
  ["where nothing measures", undefined, /^it holds: not within 0\.1 s$/],
  [
    "on a starved machine",
    0.99,
    /^it holds: not within 0\.1 s; .+ busy \(99 % of the time .+\): give it two free cores, or set DEADLINE_FACTOR to more than [\d.]+$/,
  ],
])("what never holds %s ends the wait with its reason", async (_, share, message) => {
  await expect(waitFor("never", share)).rejects.toThrow(message);
});
