import { expect, test } from "vitest";
import { forEachCase } from "./cases.ts";
import { CheckFailure, type FailureDetails } from "./check-failure.ts";

const location = { file: "compose.yaml", line: 7 };

function failWith(details: Partial<FailureDetails>): (one: string) => Promise<void> {
  return async (one) => {
    throw new CheckFailure({ summary: `${one} is broken`, expected: "whole", actual: "broken", ...details });
  };
}

/** What the cases `a`, `b` … fail with together. */
async function failureOf(cases: readonly string[], work: (one: string) => Promise<void>): Promise<CheckFailure> {
  try {
    await forEachCase("all hold", cases, (one) => `case ${one}`, work);
  } catch (error) {
    if (error instanceof CheckFailure) return error;
    throw error;
  }
  throw new Error("nothing failed");
}

test("one failure names every case that failed, the first ones in full", async () => {
  const fail = failWith({ code: "broken", location });
  const failure = await failureOf(["a", "b", "c", "d", "e"], async (one) => {
    if (one !== "b") await fail(one);
  });
  expect(failure.message).toMatch(
    /^all hold: failed in 4 of 5 cases\ncase a: a is broken\n +expected: +whole\n[\s\S]*case c: c is broken[\s\S]*case d: d is broken[\s\S]*\nand 1 more: case e$/,
  );
  expect(failure.message.match(/compose\.yaml:7/g)).toHaveLength(3);
});

test("of cases with the same cause one is shown in full", async () => {
  const causes: Record<string, string> = { a: "no host", b: "no host", c: "no path", d: "no host", e: "no method" };
  const failure = await failureOf(Object.keys(causes), async (one) => {
    await failWith({ cause: causes[one] ?? "", location, fix: "write one" })(one);
  });
  expect(failure.message).toMatch(/^all hold: failed in 5 of 5 cases\ncase a: a is broken\n/);
  expect(failure.message).toMatch(/fix: +write one\n +same cause: +case b · case d\ncase c: c is broken\n/);
  expect(failure.message).toMatch(/\ncase e: e is broken\n[^·]*$/);
  expect(failure.details.cases).toHaveLength(5);
});

test("a cause in another place, or with another fix, is another one", async () => {
  const failure = await failureOf(["a", "b", "c"], async (one) => {
    const at = one === "b" ? { ...location, line: 8 } : location;
    await failWith({ cause: "no host", location: at, fix: one === "c" ? "remove it" : "write one" })(one);
  });
  expect(failure.message).not.toContain("same cause");
  expect(failure.message).toMatch(/case a: [\s\S]*case b: [\s\S]*case c: /);
});

test("a failure's fields have every failed case, with its own fields", async () => {
  const failure = await failureOf(["a", "b", "c"], async (one) => {
    if (one !== "b") await failWith({ code: "broken", actual: `half ${one}`, location })(one);
  });
  expect(failure.details).toEqual({
    summary: expect.stringContaining("failed in 2 of 3 cases"),
    code: "broken",
    expected: "0 failed cases of 3",
    actual: "2 failed cases of 3",
    location,
    cases: [
      { case: "case a", summary: "a is broken", code: "broken", expected: "whole", actual: "half a", location },
      { case: "case c", summary: "c is broken", code: "broken", expected: "whole", actual: "half c", location },
    ],
  });
});

test("cases that fail in different ways have no common code", async () => {
  const failure = await failureOf(["a", "b"], async (one) => failWith({ code: `kind-${one}` })(one));
  expect(failure.details.code).toBeUndefined();
  expect(failure.details.cases?.map(({ code }) => code)).toEqual(["kind-a", "kind-b"]);
});

test("of many failed cases some are only named, and the rest is counted", async () => {
  const cases = Array.from({ length: 30 }, (_, index) => String(index));
  const { details, message } = await failureOf(cases, failWith({}));
  expect(message).toMatch(
    /failed in 30 of 30 cases\n[\s\S]*\nand 27 more: case 3 · case 4 · .* · case 22 · and 7 others$/,
  );
  expect(details.cases).toHaveLength(30);
});

test("without a failed case nothing is thrown", async () => {
  await expect(forEachCase("all hold", ["a", "b"], String, async () => {})).resolves.toBeUndefined();
});

test("an empty list of cases is a failure, never a pass", async () => {
  const failure = await failureOf([], async () => {});
  expect(failure.details).toMatchObject({ code: "no-case", expected: "at least one case" });
  expect(failure.message).toContain("all hold: there is no case to try");
});

test("an error that is not a failure of the subject passes through unchanged", async () => {
  const bug = new TypeError("bug");
  const work = async (one: string): Promise<void> => {
    if (one === "b") throw bug;
    await failWith({})(one);
  };
  await expect(forEachCase("all hold", ["a", "b"], String, work)).rejects.toBe(bug);
});
