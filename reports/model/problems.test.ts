import { expect, test } from "vitest";
import type { CheckResult } from "./check-result.ts";
import { consequencesOf, problemsOf } from "./problems.ts";
import { checkOf, failureOf, reportOfChecks } from "./report-fixture.ts";

const line = (number: number) => ({ file: "compose.yaml", line: number });
const failed = (requirement: string, details: Partial<Parameters<typeof failureOf>[0]>): CheckResult =>
  checkOf(requirement, "failed", {
    failure: failureOf({ summary: `${requirement} does not hold`, expected: "one", actual: "another", ...details }),
  });

function roots(checks: readonly CheckResult[]): Record<string, string | undefined> {
  return Object.fromEntries(problemsOf(reportOfChecks(checks)).map(({ requirement, root }) => [requirement.id, root]));
}

test("what needs a check that fails too follows from it, through others as well", () => {
  expect(
    roots([
      failed("CAT-02", {}),
      failed("CAT-03", { follows: "CAT-02/holds" }),
      failed("CAT-04", { follows: "CAT-03/holds" }),
      failed("ROUTE-19", {}),
    ]),
  ).toMatchObject({ "CAT-02": undefined, "CAT-03": "CAT-02", "CAT-04": "CAT-02", "ROUTE-19": undefined });
});

test("what needs a check that holds is a problem of its own", () => {
  expect(roots([checkOf("CAT-02", "passed"), failed("CAT-03", { follows: "CAT-02/holds" })])).toEqual({
    "CAT-03": undefined,
  });
});

test.each(["unnamed-server", "extra-tools", "duplicate-tools"])(
  "a catalogue that offers too much (%s) hides no failure of a tool that is missing",
  (code) => {
    const checks = [failed("CAT-02", { code }), failed("CAT-03", { follows: "CAT-02/holds" })];
    expect(roots(checks)).toEqual({ "CAT-02": undefined, "CAT-03": undefined });
  },
);

test("a catalogue that lacks a tool explains why its call fails", () => {
  const checks = [failed("CAT-02", { code: "missing-tools" }), failed("CAT-03", { follows: "CAT-02/holds" })];
  expect(roots(checks)).toEqual({ "CAT-02": undefined, "CAT-03": "CAT-02" });
});

test("one cause at one line is one problem; another line, or another cause, is another", () => {
  const cause = "LiteLLM has no master key";
  const found = roots([
    failed("CAT-10", { cause, location: line(3) }),
    failed("INJ-04", { cause, location: line(3) }),
    failed("ROUTE-03", { cause, location: line(4) }),
    failed("ROUTE-07", { cause: "the rule matches Bearer only", location: line(3) }),
    failed("ROUTE-19", { cause }),
  ]);
  expect(Object.values(found).filter((root) => root !== undefined)).toHaveLength(1);
  expect(found["ROUTE-03"] ?? found["ROUTE-07"] ?? found["ROUTE-19"]).toBeUndefined();
});

test("the fix is that of the case whose cause is shown", () => {
  const one = {
    summary: "a",
    expected: "one",
    actual: "another",
    cause: "published on every address",
    location: line(3),
  };
  const other = { ...one, cause: "api.insecure", location: line(4), fix: "set api.insecure to false" };
  const [first] = problemsOf(reportOfChecks([failed("REACH-04", { cases: [one, other] })]));
  expect([first?.cause, first?.fix]).toEqual([one.cause, undefined]);
  const [second] = problemsOf(reportOfChecks([failed("REACH-04", { cases: [other, one] })]));
  expect([second?.cause, second?.fix]).toEqual([other.cause, other.fix]);
});

test("a case with a cause of its own keeps its check from being hidden", () => {
  const shared = { cause: "LiteLLM has no master key", location: line(3) };
  const own = { summary: "one case", expected: "one", actual: "another" };
  const checks = [
    failed("CAT-10", shared),
    failed("INJ-04", {
      ...shared,
      cases: [
        { ...own, ...shared },
        { ...own, cause: "another fault", location: line(9) },
      ],
    }),
  ];
  expect(roots(checks)).toEqual({ "CAT-10": undefined, "INJ-04": undefined });
});

test("a failure whose cases follow from one problem, each by its cause or by what it needs, follows from it", () => {
  const shared = { cause: "LiteLLM has no master key", location: line(3) };
  const own = { summary: "one case", expected: "one", actual: "another" };
  const cases = [
    { ...own, ...shared },
    { ...own, follows: "INJ-04/holds" },
    // What follows from its own requirement has no cause of its own.
    { ...own, follows: "CAT-10/holds" },
  ];
  expect(roots([failed("INJ-04", shared), failed("CAT-10", { ...shared, cases })])).toEqual({
    "INJ-04": undefined,
    "CAT-10": "INJ-04",
  });
});

test("two that need each other stay two problems", () => {
  const checks = [failed("CAT-02", { follows: "CAT-03/holds" }), failed("CAT-03", { follows: "CAT-02/holds" })];
  expect(Object.values(roots(checks)).every((root) => root === undefined)).toBe(true);
});

test("a problem lists what follows from it", () => {
  const problems = problemsOf(reportOfChecks([failed("CAT-02", {}), failed("CAT-03", { follows: "CAT-02/holds" })]));
  const [first] = problems.filter(({ requirement }) => requirement.id === "CAT-02");
  expect(first && consequencesOf(problems, first).map(({ requirement }) => requirement.id)).toEqual(["CAT-03"]);
});
