import { expect, test } from "vitest";
import type { CheckResult } from "./check-result.ts";
import { problemsOf } from "./problems.ts";
import { checkOf, failureOf, reportOfChecks } from "./report-fixture.ts";
import { followsText, rootsByCheck } from "./roots.ts";

const location = { file: "compose.yaml", line: 3 };
const failed = (id: string, details: Partial<Parameters<typeof failureOf>[0]> = {}): CheckResult =>
  checkOf(id.split("/")[0] ?? "", "failed", {
    id,
    failure: failureOf({ summary: `${id} does not hold`, expected: "one", actual: "another", ...details }),
  });

function rootIds(checks: readonly CheckResult[]): Record<string, string> {
  return Object.fromEntries([...rootsByCheck(reportOfChecks(checks))].map(([check, { id }]) => [check, id]));
}

test("a check that needs another one of its requirement follows from it, and comes after it", () => {
  const checks = [
    failed("ROUTE-12/a-claimed", { follows: "ROUTE-12/loaded" }),
    failed("ROUTE-12/loaded", { cause: "no file defines a router", location }),
  ];
  expect(rootIds(checks)).toEqual({ "ROUTE-12/a-claimed": "ROUTE-12/loaded" });
  const [problem] = problemsOf(reportOfChecks(checks));
  expect(problem?.what).toBe("ROUTE-12/loaded does not hold");
  expect(problem?.checks.map(({ id }) => id)).toEqual(["ROUTE-12/loaded", "ROUTE-12/a-claimed"]);
});

test("two checks of a requirement with one cause at one line are one failure, whose place is named", () => {
  const cause = "no file defines a router";
  const checks = [failed("ROUTE-12/claimed", { cause, location }), failed("ROUTE-12/loaded", { cause, location })];
  const [[check, root] = []] = [...rootsByCheck(reportOfChecks(checks))];
  expect(check).toBe("ROUTE-12/loaded");
  expect(root && followsText(root)).toBe(
    "follows from ROUTE-12/claimed: ROUTE-12/claimed does not hold (compose.yaml:3)",
  );
});

test("checks of a requirement with causes of their own stay failures of their own", () => {
  const own = { summary: "one case", expected: "one", actual: "another" };
  const shared = { cause: "no file defines a router", location };
  expect(
    rootIds([
      failed("ROUTE-12/claimed", shared),
      failed("ROUTE-12/loaded", {
        cases: [
          { ...own, ...shared },
          { ...own, cause: "another fault", location },
        ],
      }),
      failed("ROUTE-12/reached", {}),
      failed("ROUTE-12/reached-too", { follows: "ROUTE-12/which-holds" }),
    ]),
  ).toEqual({});
});

test("checks of a requirement that need each other stay two failures", () => {
  const checks = [failed("CAT-02/one", { follows: "CAT-02/two" }), failed("CAT-02/two", { follows: "CAT-02/one" })];
  expect(rootIds(checks)).toEqual({});
});

test("a catalogue that offers too much explains no other check of its requirement", () => {
  const checks = [failed("CAT-02/one", { code: "extra-tools" }), failed("CAT-02/two", { follows: "CAT-02/one" })];
  expect(rootIds(checks)).toEqual({});
});

test("all checks of a problem that follows from another requirement name that requirement", () => {
  const checks = [
    failed("CAT-02/one"),
    failed("CAT-04/a", { follows: "CAT-02/one" }),
    failed("CAT-04/b", { follows: "CAT-04/a" }),
  ];
  expect(rootIds(checks)).toEqual({ "CAT-04/a": "CAT-02", "CAT-04/b": "CAT-02" });
});
