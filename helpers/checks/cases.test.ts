import { expect, test } from "vitest";
import { forEachCase } from "./cases.ts";
import { CheckFailure } from "./check-failure.ts";

const fail = async (one: string): Promise<void> => {
  throw new CheckFailure({ summary: `${one} is broken` });
};

test("one failure names every case that failed", async () => {
  const error: unknown = await forEachCase(
    "all hold",
    ["a", "b", "c", "d", "e"],
    (one) => `case ${one}`,
    async (one) => {
      if (one !== "b") await fail(one);
    },
  ).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(CheckFailure);
  const { message, details } = error as CheckFailure;
  expect(message).toMatch(
    /^all hold: failed in 4 of 5 cases\ncase a: a is broken\ncase c: [\s\S]*case d: [\s\S]*and 1 more: case e$/,
  );
  expect(details.cases?.map((one) => one.case)).toEqual(["case a", "case c", "case d", "case e"]);
});

test("no case at all is a failure, never a pass", async () => {
  await expect(forEachCase("all hold", [], String, async () => {})).rejects.toMatchObject({
    details: { code: "no-case", summary: "all hold: there is no case to try" },
  });
});

test("an error that is not a check's failure passes through unchanged", async () => {
  const bug = new TypeError("bug");
  await expect(
    forEachCase("all hold", ["a"], String, async () => {
      throw bug;
    }),
  ).rejects.toBe(bug);
});
