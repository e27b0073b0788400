import { expect, test } from "vitest";
import { forEachCase } from "./cases.ts";
import { CheckFailure } from "./check-failure.ts";

const fail = async (one: string): Promise<void> => {
  throw new CheckFailure({ summary: `${one} is broken` });
};

test("one failure names every case that failed", async () => {
  const run = forEachCase(
    "all hold",
    ["a", "b", "c", "d", "e"],
    (one) => `case ${one}`,
    async (one) => {
      if (one !== "b") await fail(one);
    },
  );
  await expect(run).rejects.toThrow(
    /not so in 4 of 5 cases[\s\S]*case a: a is broken[\s\S]*case c[\s\S]*case d[\s\S]*and 1 more: case e/,
  );
});

test("no case at all is a failure, never a pass", async () => {
  await expect(forEachCase("all hold", [], String, async () => {})).rejects.toThrow("not one case");
});

test("an error that is no failure of the subject passes through as it is", async () => {
  const bug = new TypeError("bug");
  await expect(
    forEachCase("all hold", ["a"], String, async () => {
      throw bug;
    }),
  ).rejects.toBe(bug);
});
