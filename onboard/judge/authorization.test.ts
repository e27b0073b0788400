import { expect, test } from "vitest";
import { observeSynthetic, soundSupply, syntheticCandidate } from "../proofs/synthetic.ts";
import { judge } from "./judge.ts";

const candidate = syntheticCandidate("stdio");
const { seen, secrets } = await observeSynthetic(candidate, undefined);

test.each([
  [0, "DELETE 2", "fail", /^the role may only read: `psql` succeeds with its credentials$/],
  [1, "ERROR: permission denied", "pass", /permission denied/],
  [127, "sh: psql: not found", "fail", /`psql` proves nothing, it can't be run: sh: psql: not found$/],
])("a command of refused that ends with %i (%s): %s", (exitCode, output, outcome, evidence) => {
  const refused = [{ why: "the role may only read", command: "psql", exitCode, output }];
  const case_ = { candidate, seen: { ...seen, refused }, supply: soundSupply, differences: [], approved: [], secrets };
  const { 24: found } = judge(case_);
  expect(found.outcome).toBe(outcome);
  expect(found.evidence).toMatch(evidence);
});
