import { beforeAll, describe, expect, test } from "vitest";
import type { Candidate } from "../candidate/types.ts";
import { type ItemNumber, itemNumbers } from "../judge/items.ts";
import type { Judgements } from "../judge/judge.ts";
import type { Case } from "../judge/judgement.ts";
import { verdictOf } from "../judge/verdict.ts";
import { lockOf } from "../lock/lock.ts";
import type { Supply } from "../observe/subject.ts";
import { faults, startFaults } from "./server/faults.ts";
import { judgeSynthetic, observeSynthetic, soundLock, soundSupply, syntheticCandidate } from "./synthetic.ts";

type Observed = Awaited<ReturnType<typeof observeSynthetic>>;

const stdio = syntheticCandidate("stdio");
const http = syntheticCandidate("http");
let sound: Observed;

beforeAll(async () => {
  sound = await observeSynthetic(stdio, undefined);
});

const failedItems = (judged: Judgements): ItemNumber[] =>
  itemNumbers.filter((number) => judged[number].outcome === "fail");

/** The evidence of what failed or has a condition, for the message of a test. */
const findings = (judged: Judgements): string[] =>
  itemNumbers.flatMap((number) => {
    const { outcome, evidence } = judged[number];
    return outcome === "fail" || outcome === "conditional" ? [`${number} ${outcome}: ${evidence}`] : [];
  });

describe("the sound server", () => {
  test("is accepted over stdio: no item fails, and none has a condition", () => {
    const judged = judgeSynthetic(stdio, sound, soundLock(stdio, sound.seen));
    expect(findings(judged)).toEqual([]);
    expect(verdictOf(judged)).toBe("accept");
  });

  test("is accepted over HTTP, and every item that is judged there passes", async () => {
    const observed = await observeSynthetic(http, undefined);
    const judged = judgeSynthetic(http, observed, soundLock(http, observed.seen));
    expect(findings(judged)).toEqual([]);
    for (const number of [11, 21, 22, 23, 24, 25, 27] as const) expect(judged[number].outcome).toBe("pass");
  });
});

/** Items that only a server which listens can fail. */
const overHttp: readonly number[] = [11, 21, 22, 23];

/** The others get a budget that a busy machine does not exceed. */
const waits: readonly string[] = ["hang", "slow-tool"];

describe.concurrent("one fault fails one item, and no other", () => {
  test.each(Object.keys(faults) as (keyof typeof faults)[])("%s", async (fault) => {
    const { item, says } = faults[fault];
    const base = overHttp.includes(item) ? http : stdio;
    // A fault that adds a tool is not to be found by the list of expected ones.
    const tools = { ...base.tools, expected: undefined };
    const latencyMs = waits.includes(fault) ? 800 : base.budget.latencyMs;
    const candidate: Candidate = { ...base, tools, budget: { ...base.budget, latencyMs } };
    const observed = await observeSynthetic(candidate, fault);
    const { catalogue } = observed.seen;
    // Its own catalogue is approved, except where the change of it is the fault.
    const lock =
      fault === "rug-pull" || catalogue === undefined
        ? soundLock(stdio, sound.seen)
        : lockOf(candidate, catalogue, soundSupply);
    const judged = judgeSynthetic(candidate, observed, lock);
    expect(failedItems(judged), findings(judged).join("\n")).toEqual([item]);
    expect(judged[item].evidence).toContain(says);
    expect(judged[item].fix).toBeTruthy();
    expect(verdictOf(judged)).toBe("reject");
  });
});

describe("what was installed, against the lock file", () => {
  const zod = { name: "zod", version: "4.0.0", digest: "sha512-z" };
  const installed = (...packages: Supply["packages"]): Partial<Case> => ({
    supply: { ...soundSupply, packages, again: packages },
  });
  const [notes] = soundSupply.packages;
  if (notes === undefined) throw new Error("the sound server is a package");
  const snapshot = (now: Partial<Case>, approved = [notes, zod]): Judgements[19] =>
    judgeSynthetic(stdio, sound, { ...soundLock(stdio, sound.seen), packages: approved }, now)[19];

  test.each([
    [
      "another version of a dependency",
      [notes, { ...zod, version: "4.0.1", digest: "sha512-y" }],
      "zod was 4.0.0, and is 4.0.1",
    ],
    ["a new dependency", [notes, zod, { name: "tslib", version: "2.8.1", digest: "sha512-t" }], "tslib 2.8.1 is new"],
    ["a dependency that is gone", [notes], "zod 4.0.0 is gone"],
  ])("%s is a condition: its authors release it when they like", (_, packages, says) => {
    const judged = snapshot(installed(...packages));
    expect(judged.outcome).toBe("conditional");
    expect(judged.evidence).toBe(`a dependency has changed since the approval: ${says}`);
  });

  test.each([
    [
      "other files of a dependency under the same version",
      [notes, { ...zod, digest: "sha512-y" }],
      "zod 4.0.0 has other files",
    ],
    ["another version of the candidate", [{ ...notes, version: "1.0.1" }, zod], "notes was 1.0.0, and is 1.0.1"],
    [
      "another version of both",
      [
        { ...notes, version: "1.0.1" },
        { ...zod, version: "4.0.1" },
      ],
      "notes was 1.0.0, and is 1.0.1",
    ],
  ])("%s fails", (_, packages, says) => {
    const judged = snapshot(installed(...packages));
    expect(judged.outcome).toBe("fail");
    expect(judged.evidence).toContain(says);
  });
});

describe.concurrent("a server that never gets as far as a catalogue is rejected with its last lines", () => {
  test.each(Object.keys(startFaults) as (keyof typeof startFaults)[])("%s", async (fault) => {
    // The others answer or end, on a busy machine too.
    const startSeconds = fault === "never-answers" ? 3 : stdio.limits.startSeconds;
    const candidate: Candidate = { ...stdio, limits: { ...stdio.limits, startSeconds } };
    const observed = await observeSynthetic(candidate, fault);
    const judged = judgeSynthetic(candidate, observed, soundLock(stdio, sound.seen));
    expect(failedItems(judged)).toEqual([7]);
    expect(judged[7].evidence).toContain(startFaults[fault]);
    expect(judged[14]).toEqual({ outcome: "not applicable", evidence: "it did not start" });
    expect(verdictOf(judged)).toBe("reject");
  });
});
