import { describe, expect, test } from "vitest";
import type { Difference } from "../../helpers/catalogue-lock/difference.ts";
import type { Observations } from "../observe/observations.ts";
import { observeSynthetic, soundSupply, syntheticCandidate } from "../proofs/synthetic.ts";
import { type ItemNumber, itemNumbers } from "./items.ts";
import { type Judgements, judge } from "./judge.ts";
import type { Case } from "./judgement.ts";
import { verdictOf } from "./verdict.ts";

const candidate = syntheticCandidate("stdio");
const { seen: sound, secrets } = await observeSynthetic(candidate, undefined);
const lost = { host: "api.example.com:443", why: "connect ECONNREFUSED 192.0.2.7:443", isAddress: false };
const condition = "run it again where api.example.com:443 can be reached";
const line = `api.example.com:443, which the candidate needs, can't be reached from here: ${lost.why}`;

/** Every call of a tool fails for the network. */
const offline: Observations = {
  ...sound,
  calls: sound.calls.map((call) => ({
    ...call,
    answer: {
      kind: "result",
      result: { isError: true, content: [{ type: "text", text: "Error: fetch failed" }] },
      took: 5,
      bytes: 10,
    },
  })),
};

function judged(own: Partial<Case>): Judgements {
  return judge({ candidate, seen: sound, supply: soundSupply, differences: [], approved: [], secrets, ...own });
}

const failed = (all: Judgements): ItemNumber[] => itemNumbers.filter((item) => all[item].outcome === "fail");

describe("a candidate without a host that it needs", () => {
  test("is not rejected for what follows, and the condition names the host", () => {
    expect(failed(judged({ seen: offline }))).toEqual([9, 16]);
    const all = judged({ seen: offline, unreachable: [lost] });
    expect(failed(all)).toEqual([]);
    expect(all[16]).toMatchObject({ outcome: "conditional", condition });
    expect(all[16].evidence.split("\n").at(-1)).toBe(line);
    expect(all[9]).toMatchObject({ outcome: "conditional", condition });
    expect(verdictOf(all)).toBe("accept with conditions");
  });

  test("is rejected for everything else", () => {
    const leak = { ...offline, egress: ["telemetry.example.com"], leftOver: [] };
    expect(failed(judged({ seen: leak, unreachable: [lost] }))).toEqual([26]);
  });

  test("has the condition also where its examples succeed: what it does with the host was not seen", () => {
    expect(judged({})[16].outcome).toBe("pass");
    expect(judged({ unreachable: [lost] })[16]).toMatchObject({ outcome: "conditional", condition });
  });

  test("lists less than was approved: a condition; what it lists otherwise may be a rug pull", () => {
    const gone: Difference = { kind: "tool-removed", text: "read_note is gone" };
    const changed: Difference = { kind: "description", text: "the description of read_note" };
    expect(judged({ differences: [gone], unreachable: [lost] })[19]).toMatchObject({
      outcome: "conditional",
      condition,
    });
    expect(judged({ differences: [gone, changed], unreachable: [lost] })[19].outcome).toBe("fail");
  });

  test("may pass an item that the file excuses, because it did nothing", () => {
    const excuse = { because: "known", until: "2099-01-01", location: candidate.locations.server };
    const excusing = { ...candidate, conditions: new Map<ItemNumber, typeof excuse>([[28, excuse]]) };
    expect(failed(judged({ candidate: excusing }))).toEqual([28]);
    expect(failed(judged({ candidate: excusing, unreachable: [lost] }))).toEqual([]);
  });
});

test("an address in place of a name can't be forwarded: the condition says what to write", () => {
  const address = { host: "192.0.2.1:443", why: "this is an address", isAddress: true };
  expect(judged({ unreachable: [lost, address] })[16].condition).toBe(
    `${condition}; write a host name in place of 192.0.2.1:443, under hosts and in env, and run it again`,
  );
});

test("a declared host may be looked up, however the file writes it", () => {
  const declaring = { ...candidate, hosts: ["API.example.com:443"] };
  expect(judged({ candidate: declaring, seen: { ...sound, egress: ["api.example.com"] } })[26].outcome).toBe("pass");
});
