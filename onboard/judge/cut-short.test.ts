import { expect, test } from "vitest";
import { observeSynthetic, soundSupply, syntheticCandidate } from "../proofs/synthetic.ts";
import { judge } from "./judge.ts";

test("what not all calls were made for does not pass, and what failed still fails", async () => {
  const candidate = syntheticCandidate("stdio");
  const { seen, secrets } = await observeSynthetic(candidate, undefined);
  const own = { candidate, supply: soundSupply, differences: [], approved: [], secrets };
  for (const item of [9, 25] as const) expect(judge({ ...own, seen })[item].outcome).toBe("pass");
  const calls = seen.calls.filter(({ purpose }) => purpose === "example");
  const judged = judge({ ...own, seen: { ...seen, calls, isCutShort: true } });
  for (const item of [9, 25] as const)
    expect(judged[item]).toEqual({
      outcome: "conditional",
      evidence: `its calls took longer than ${candidate.limits.seconds} s, and not all were made`,
      condition: "run it again with more limits.seconds, or with a server that answers sooner",
    });
  expect(judged[28].outcome).toBe("fail");
});
