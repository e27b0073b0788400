import { expect, test } from "vitest";
import { loadRequirements } from "../../helpers/requirements/requirements.ts";
import type { RequirementResult } from "../model/outcomes.ts";
import { unsupportedText } from "./unsupported-text.ts";

const noRoute = "the policy has no injected route";

function results(outcomes: Readonly<Record<string, [RequirementResult["outcome"], string?]>>): RequirementResult[] {
  return [...loadRequirements().values()].map((requirement) => {
    const [outcome, reason] = outcomes[requirement.id] ?? ["not-tested"];
    const check = { outcome, requirements: [requirement.id], ...(reason === undefined ? {} : { reason }) };
    return { requirement, outcome, checks: outcome === "not-tested" ? [] : [check] } as unknown as RequirementResult;
  });
}

test("a family that lacks one thing is named as a whole, other requirements by their ids", () => {
  const text = unsupportedText(
    results({
      "INJ-01": ["not-supported", noRoute],
      "INJ-02": ["not-supported", noRoute],
      "ROUTE-01": ["passed"],
      "ROUTE-06": ["not-supported", "no host demands a Bearer credential"],
      "ROUTE-07": ["not-supported", "no host demands a Bearer credential"],
    }),
  );
  expect(text).toBe(`ROUTE-06 ROUTE-07 (no host demands a Bearer credential), INJ (${noRoute})`);
});

test("nothing is said where everything is supported", () => {
  expect(unsupportedText(results({ "ROUTE-01": ["passed"], "ROUTE-02": ["failed"] }))).toBeUndefined();
});
