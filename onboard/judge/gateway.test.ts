import { describe, expect, test } from "vitest";
import { columnsOf, type JudgedGateway } from "../gate/report.ts";
import { gatewayCalls } from "../observe/calls.ts";
import type { AuditEntry, RevocationObservation } from "../observe/client-key.ts";
import type { CallRecord } from "../observe/observations.ts";
import { type GatewayObservations, undecidedThroughGateway } from "../observe/through-gateway.ts";
import { judgeSynthetic, observeSynthetic, soundLock, syntheticCandidate } from "../proofs/synthetic.ts";
import type { Answer } from "../protocol/channel.ts";
import { type GatewayCase, judgeThroughGateway } from "./gateway.ts";
import { type ItemNumber, itemNumbers } from "./items.ts";
import type { Judgements } from "./judge.ts";
import { fail, pass } from "./judgement.ts";

const candidate = syntheticCandidate("stdio");
const observed = await observeSynthetic(candidate, undefined);
const direct = {
  seen: observed.seen,
  judged: judgeSynthetic(candidate, observed, soundLock(candidate, observed.seen)),
};
const tools = observed.seen.catalogue?.tools ?? [];
const nameOf = (tool: string): string => `synthetic-${tool}`;
const others = ["files-read_file", "files-write_file"].map((name) => ({
  name,
  inputSchema: { type: "object" as const },
}));

/** What a gateway shows that changes nothing. */
function faithful(): GatewayObservations {
  const planned = gatewayCalls(tools, candidate);
  const same = ({ purpose, tool, arguments: own }: Pick<CallRecord, "purpose" | "tool" | "arguments">): string =>
    JSON.stringify([purpose, tool, own]);
  const calls = planned.flatMap((call) => observed.seen.calls.find((one) => same(one) === same(call)) ?? []);
  expect(calls).toHaveLength(planned.length);
  return {
    listed: [...others, ...tools.map((tool) => ({ ...tool, name: nameOf(tool.name) }))],
    own: tools,
    faults: [],
    calls,
    starved: undefined,
    texts: new Map([
      ["the gateway's answers", "{}"],
      ["the gateway's log", "POST /mcp/"],
    ]),
    death: {
      answer: { kind: "refused", status: 500, body: "", took: 10 },
      othersLost: [],
      failed: undefined,
      ownLost: [],
    },
    client: { audit: { succeeded: [entry("success")], failed: [entry("failure")] }, revocation: refused(900) },
  };
}

const entry = (outcome: string, hasIdentity = true): AuditEntry => ({
  tool: "synthetic-read_note",
  hasIdentity,
  outcome,
});
const refused = (took: number | undefined, unusable?: string): RevocationObservation => ({
  unusable,
  took,
  within: 10_000,
});
const audited = { succeeded: [entry("success")], failed: [entry("failure")] };

function judged(own: Partial<GatewayObservations>, changed: Partial<GatewayCase> = {}): Judgements {
  const seen = { ...faithful(), ...own };
  return judgeThroughGateway({
    candidate,
    version: "1.77.1",
    direct,
    seen,
    nameOf,
    secrets: observed.secrets,
    ...changed,
  });
}

const faults = (all: Judgements): ItemNumber[] =>
  itemNumbers.filter((item) => !["pass", "not applicable"].includes(all[item].outcome));

const judgedItems: readonly ItemNumber[] = [7, 8, 9, 10, 12, 16, 27, 28, 29, 30, 31];

test("a gateway that changes nothing: each item that it can change passes, and no other is judged", () => {
  const all = judged({});
  expect(itemNumbers.filter((item) => all[item].outcome === "pass")).toEqual(judgedItems);
  expect(faults(all)).toEqual([]);
});

/** The calls with other answers. */
function answered(
  which: (call: CallRecord) => boolean,
  change: (answer: Answer) => Answer,
): Partial<GatewayObservations> {
  return { calls: faithful().calls.map((call) => (which(call) ? { ...call, answer: change(call.answer) } : call)) };
}

const isExample = ({ purpose, expected }: CallRecord): boolean => purpose === "example" && expected?.fails === false;
const result = (own: object): Answer => ({ kind: "result", result: { ...own }, bytes: 20, took: 5 });
const text = (of: string): object => ({ content: [{ type: "text", text: of }] });
const password = observed.secrets.get("NOTES_PASSWORD") ?? "";

test.each<[ItemNumber, string, Partial<GatewayObservations>, string]>([
  [8, "a tool less", { own: tools.slice(1) }, "synthetic-read_note is not listed"],
  [
    8,
    "a tool more",
    { own: [...tools, { ...others[0], name: "z", inputSchema: { type: "object" } }] },
    "it offers no z",
  ],
  [
    8,
    "annotations lost",
    { own: tools.map(({ annotations: _, ...tool }) => tool) },
    "annotations of read_note, write_note",
  ],
  [8, "another description", { own: tools.map((tool) => ({ ...tool, description: "x" })) }, "description of read_note"],
  [8, "a listing that ends in an error", { faults: ["tools/list: HTTP 500"] }, "HTTP 500"],
  [8, "none of its tools", { own: [], listed: others }, "lists none of its tools"],
  [
    9,
    "errors without a reason",
    answered(
      (call) => call.purpose === "bad-arguments",
      () => result({ ...text("oops"), isError: true }),
    ),
    "oops",
  ],
  [
    9,
    "a hanging error",
    answered(
      (call) => call.purpose === "unknown-tool",
      () => ({ kind: "ended", why: "reset", took: 1 }),
    ),
    "reset",
  ],
  [
    12,
    "a name twice",
    { listed: [...faithful().listed, ...faithful().listed] },
    "synthetic-read_note is listed 2 times",
  ],
  [
    12,
    "a name that becomes another's",
    { listed: [...faithful().listed, { ...others[0], name: "synthetic_read-note", inputSchema: { type: "object" } }] },
    "reads like synthetic_read-note",
  ],
  [
    16,
    "another text",
    answered(isExample, () => result({ ...text("nothing"), structuredContent: {} })),
    'answers without "the first note"',
  ],
  [
    16,
    "structured content lost",
    answered(isExample, () => result(text("the first note"))),
    "structuredContent is lost",
  ],
  [
    16,
    "a failure",
    answered(isExample, () => result({ ...text("the first note"), structuredContent: {}, isError: true })),
    "fails: the first note",
  ],
  [
    16,
    "no result",
    answered(isExample, () => ({ kind: "refused", status: 500, body: "down", took: 1 })),
    "HTTP 500: down",
  ],
  [
    27,
    "a secret in an answer",
    { texts: new Map([["the gateway's answers", `x ${password}`]]) },
    "NOTES_PASSWORD is in the gateway's answers",
  ],
  [
    27,
    "a secret in the log",
    { texts: new Map([["the gateway's log", `x ${password}`]]) },
    "NOTES_PASSWORD is in the gateway's log",
  ],
  [28, "a slow call", answered(isExample, (answer) => ({ ...answer, took: 30_001 })), "took 30001 ms"],
  [
    30,
    "others lost",
    { death: { answer: result({}), othersLost: ["files-read_file"], failed: undefined, ownLost: [] } },
    "files-read_file was not listed",
  ],
  [
    30,
    "nothing listed",
    { death: { answer: result({}), othersLost: [], failed: "HTTP 500", ownLost: [] } },
    "listed nothing: HTTP 500",
  ],
  [
    30,
    "not back",
    { death: { answer: result({}), othersLost: [], failed: undefined, ownLost: ["synthetic-read_note"] } },
    "synthetic-read_note was not listed again",
  ],
  [
    29,
    "a failure that is not written down",
    { client: { audit: { ...audited, failed: [] }, revocation: refused(900) } },
    "no call that failed",
  ],
  [
    29,
    "a call of nobody",
    { client: { audit: { ...audited, succeeded: [entry("success", false)] }, revocation: refused(900) } },
    "do not say whose call succeeded",
  ],
  [
    31,
    "a key that stays",
    { client: { audit: audited, revocation: refused(undefined) } },
    "still lists its tools after 10 s",
  ],
  [
    31,
    "a grant without effect",
    { client: { audit: audited, revocation: refused(undefined, "HTTP 401") } },
    "can't use it: HTTP 401",
  ],
])("item %i is a condition for %s, and no other item is", (item, _what, own, says) => {
  const all = judged(own);
  expect(faults(all)).toEqual([item]);
  expect(all[item].outcome).toBe("conditional");
  expect(all[item].evidence).toContain(says);
  expect(all[item].condition).toMatch(/^LiteLLM 1\.77\.1 /);
});

test("isError that is lost is a condition of item 10 alone: the text still says why", () => {
  const lost = answered(
    ({ answer }) => answer.kind === "result" && answer.result.isError === true,
    (answer) => (answer.kind === "result" ? { ...answer, result: { ...answer.result, isError: false } } : answer),
  );
  const all = judged(lost);
  expect(faults(all)).toEqual([10]);
  expect(all[10].evidence).toContain("isError is lost on");
});

test("what fails without a gateway too is not the gateway's fault", () => {
  const leaking = { ...direct, judged: { ...direct.judged, 27: fail("NOTES_PASSWORD is in its log", "remove it") } };
  const texts = new Map([["the gateway's answers", password]]);
  expect(faults(judged({ texts }, { direct: leaking }))).toEqual([]);
  const slow = observed.seen.calls.map((call) => ({ ...call, answer: { ...call.answer, took: 60_000 } }));
  const slowly = { ...direct, seen: { ...observed.seen, calls: slow } };
  expect(
    faults(
      judged(
        answered(
          () => true,
          (answer) => ({ ...answer, took: 60_001 }),
        ),
        { direct: slowly },
      ),
    ),
  ).toEqual([]);
});

test("an entry that LiteLLM refuses fails with LiteLLM's line", () => {
  const refused = { why: "litellm did not start", log: ["ValueError: 'a-b' is not a valid name"] };
  const all = judgeThroughGateway({
    candidate,
    version: "1.77.1",
    direct,
    seen: { refused },
    nameOf,
    secrets: new Map(),
  });
  expect(itemNumbers.filter((item) => all[item].outcome === "fail")).toEqual([7]);
  expect(all[7].evidence).toContain("'a-b' is not a valid name");
});

test("a candidate that does not start is not judged through a gateway", () => {
  const seen = { ...observed.seen, catalogue: undefined };
  const all = judged({}, { direct: { ...direct, seen } });
  expect(all[8]).toEqual({ outcome: "not applicable", evidence: "it does not start without a gateway" });
});

const column = (version: string, changed: Partial<Judgements>): JudgedGateway => ({
  version,
  judged: { ...judged({}), ...changed },
});
const lost = {
  outcome: "conditional" as const,
  evidence: "isError is lost",
  condition: "LiteLLM 1.77.1 loses isError",
};

test("a gateway's fault makes an accepted candidate a conditional one, and says whether the newest version has it", () => {
  const { verdict, conditions, gatewayFaults, columns } = columnsOf({
    direct: direct.judged,
    gateways: [column("1.77.1", { 10: lost }), column("1.106.2", {})],
  });
  expect(verdict).toBe("accept with conditions");
  expect(conditions).toEqual([
    "GATE-10 (litellm 1.77.1): LiteLLM 1.77.1 loses isError; the item passes on LiteLLM 1.106.2",
  ]);
  expect(gatewayFaults).toEqual([
    { column: "litellm 1.77.1", what: "GATE-10: LiteLLM 1.77.1 loses isError; the item passes on LiteLLM 1.106.2" },
  ]);
  expect(columns.map(({ name }) => name)).toEqual(["direct", "litellm 1.77.1", "litellm 1.106.2"]);
});

test("no fault in any column is a plain yes", () => {
  const gateways = [column("1.77.1", {}), column("1.106.2", {})];
  expect(columnsOf({ direct: direct.judged, gateways })).toMatchObject({
    verdict: "accept",
    conditions: [],
    gatewayFaults: [],
  });
});

test("an entry that the deployment's LiteLLM refuses rejects; one that the newest refuses is a condition of the upgrade", () => {
  const refused = { 7: fail("not with it", "correct it") };
  const now = columnsOf({ direct: direct.judged, gateways: [column("1.77.1", refused), column("1.106.2", {})] });
  expect(now.verdict).toBe("reject");
  const later = columnsOf({
    direct: direct.judged,
    gateways: [column("1.77.1", { 7: pass("boots") }), column("1.106.2", refused)],
  });
  expect(later.verdict).toBe("accept with conditions");
  expect(later.conditions).toEqual(["GATE-07 (litellm 1.106.2): no upgrade to 1.106.2 before it passes there"]);
});

test("a candidate that fails without a gateway is rejected, whatever a gateway does", () => {
  const rejected = { ...direct.judged, 17: fail("hidden", "remove it") };
  expect(columnsOf({ direct: rejected, gateways: [column("1.77.1", {})] }).verdict).toBe("reject");
});

test("without a database there are no keys to audit and to revoke", () => {
  const all = judged({ client: undefined });
  expect(all[29]).toMatchObject({ outcome: "not applicable" });
  expect(all[31].evidence).toContain("no database");
});

describe("a starved machine decides nothing", () => {
  const starved = "97 % of the time a process waited for a CPU";
  const reason = (own: Partial<GatewayObservations>): string | undefined =>
    undecidedThroughGateway({ ...faithful(), ...own }, candidate);
  const slow = answered(isExample, (answer) => ({ ...answer, took: 30_001 }));
  const silent = answered(
    ({ purpose }) => purpose === "unknown-tool",
    () => ({ kind: "silent", took: 60_000 }),
  );
  const unlisted = { listed: [], own: [], calls: [], faults: ["tools/list: no answer in 60.0 s"] };

  test.each([
    ["a slow answer", slow],
    ["silence", silent],
    ["a listing without an answer", unlisted],
  ])("%s says nothing then, and is the gateway's on an idle machine", (_, own) => {
    expect(reason({ ...own, starved })).toBe(`an answer did not come in time; ${starved}`);
    expect(reason(own)).toBeUndefined();
    expect(faults(judged(own))).not.toEqual([]);
  });

  test.each([
    ["answers in time", {}],
    // An answer without its tools is none that starvation explains.
    ["a listing without its tools", { ...unlisted, faults: [] }],
  ])("%s can be judged", (_, own) => expect(reason({ ...own, starved })).toBeUndefined());
});
