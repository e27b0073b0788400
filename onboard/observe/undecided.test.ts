import { describe, expect, test } from "vitest";
import { observeSynthetic, syntheticCandidate } from "../proofs/synthetic.ts";
import type { Observations } from "./observations.ts";
import { undecidedAlone } from "./observe.ts";

const candidate = syntheticCandidate("stdio");
const sound = (await observeSynthetic(candidate, undefined)).seen;
const starved = "97 % of the time a process waited for a CPU";
const [call] = sound.calls;
if (call === undefined) throw new Error("the sound server was asked nothing");

describe("a candidate alone, on a starved machine", () => {
  test.each<[string, Partial<Observations>]>([
    ["it answered late", { calls: [{ ...call, answer: { kind: "silent", took: 60_000 } }] }],
    ["its calls took too long", { isCutShort: true }],
    ["its first listing had no answer", { failed: { why: "tools/list: no answer in 60.0 s", log: [] } }],
    ["it did not come back in time", { recovery: { failed: "initialize: no answer in 60.0 s" } }],
  ])("says nothing where %s, and does on an idle machine", (_, own) => {
    expect(undecidedAlone({ ...sound, ...own, starved }, candidate)).toBe(`an answer did not come in time; ${starved}`);
    expect(undecidedAlone({ ...sound, ...own, starved: undefined }, candidate)).toBeUndefined();
  });

  test("can be judged where it answered in time, or failed for another reason", () => {
    expect(undecidedAlone({ ...sound, starved }, candidate)).toBeUndefined();
    const failed = { why: "initialize: the server ended: Error: no such module", log: [] };
    expect(undecidedAlone({ ...sound, failed, starved }, candidate)).toBeUndefined();
  });
});
