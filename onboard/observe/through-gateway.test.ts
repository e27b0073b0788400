import { expect, test } from "vitest";
import type { Message } from "../../helpers/protocol/json-rpc.ts";
import { syntheticCandidate } from "../proofs/synthetic.ts";
import type { Answer, Channel } from "../protocol/channel.ts";
import type { AuditEntry } from "./client-key.ts";
import { type GatewaySubject, observeThroughGateway } from "./through-gateway.ts";

const base = syntheticCandidate("stdio");
const candidate = { ...base, limits: { ...base.limits, startSeconds: 1 } };
const own = ["synthetic-read_note", "synthetic-write_note"];
const others = ["files-read_file"];

/** A gateway in this process: what it lists may depend on what happened before. */
class FakeGateway implements GatewaySubject {
  isDead = false;
  revived = 0;
  listings = 0;
  readonly called: string[] = [];
  readonly revoked = new Set<string>();
  readonly audited: AuditEntry[] = [];
  /** What it lists to a key. */
  lists: (key: string | undefined) => readonly string[] | "refused" = (key) =>
    key !== undefined && this.revoked.has(key) ? "refused" : [...others, ...own];
  hasKeys = false;
  /** How long a revoked key may still be accepted, in milliseconds. */
  refusedWithin = 60_000;
  canBeKilled = true;

  open(key?: string): Channel {
    return fakeChannel((method, params) => this.#answer(method, params, key));
  }

  nameOf(tool: string): string {
    return `synthetic-${tool}`;
  }

  async prepareKill(): Promise<void> {
    // Its kill takes effect at once.
  }

  async kill(): Promise<boolean> {
    this.isDead = this.canBeKilled;
    return this.canBeKilled;
  }

  async revive(): Promise<void> {
    this.isDead = false;
    this.revived++;
  }

  async log(): Promise<string> {
    return "its log";
  }

  async clientKey(): ReturnType<GatewaySubject["clientKey"]> {
    if (!this.hasKeys) return undefined;
    return {
      value: "sk-client",
      refusedWithin: this.refusedWithin,
      revoke: async () => void this.revoked.add("sk-client"),
      audited: async () => this.audited,
    };
  }

  #answer(method: string, params: Message, key: string | undefined): Answer {
    if (method === "initialize") return result({ protocolVersion: "2025-06-18" });
    if (method === "tools/list") {
      this.listings++;
      const listed = this.lists(key);
      if (listed === "refused") return { kind: "refused", status: 401, body: "no such key", took: 1 };
      return result({ tools: listed.map((name) => ({ name, inputSchema: { type: "object" } })) });
    }
    this.called.push(String(params.name));
    if (key !== undefined) {
      const outcome = JSON.stringify(params.arguments).includes("missing") ? "failure" : "success";
      this.audited.push({ tool: String(params.name), hasIdentity: true, outcome });
    }
    return result({ content: [] });
  }
}

function result(of: Message): Answer {
  return { kind: "result", result: of, bytes: 2, took: 1 };
}

function fakeChannel(answer: (method: string, params: Message) => Answer): Channel {
  return {
    ask: async (method, params = {}) => answer(method, params),
    notify: async () => {},
    received: "an answer",
    log: "",
    strayIds: [],
    ended: undefined,
    close: async () => {},
  };
}

test("tools have their own names, calls the gateway's, and what it said and wrote is kept", async () => {
  const gateway = new FakeGateway();
  const seen = await observeThroughGateway(gateway, candidate);
  expect(seen.own.map(({ name }) => name)).toEqual(["read_note", "write_note"]);
  expect(seen.listed).toHaveLength(3);
  expect(seen.calls.map(({ tool }) => tool)).toContain("read_note");
  expect(gateway.called).toContain("synthetic-read_note");
  expect(seen.texts.get("the gateway's log")).toBe("its log");
  expect(seen.texts.get("the gateway's answers")).toContain("an answer");
  expect(seen.client).toBeUndefined();
});

test("a gateway that lists the candidate late is waited for; one that never does is not asked for more", async () => {
  const late = new FakeGateway();
  late.lists = () => (late.listings < 3 ? others : [...others, ...own]);
  expect((await observeThroughGateway(late, candidate)).own).toHaveLength(2);
  const never = new FakeGateway();
  never.lists = () => others;
  const seen = await observeThroughGateway(never, candidate);
  expect(seen).toMatchObject({ own: [], calls: [], death: undefined, client: undefined });
  expect(never.called).toEqual([]);
});

test("the death of the candidate: nothing is lost, others are lost, it does not come back, and it could not be killed", async () => {
  const sound = new FakeGateway();
  sound.lists = () => (sound.isDead ? others : [...others, ...own]);
  expect((await observeThroughGateway(sound, candidate)).death).toMatchObject({
    othersLost: [],
    ownLost: [],
    failed: undefined,
  });
  expect(sound.revived).toBe(1);
  const losing = new FakeGateway();
  losing.lists = () => (losing.isDead ? [] : [...others, ...own]);
  expect((await observeThroughGateway(losing, candidate)).death).toMatchObject({
    othersLost: others,
    failed: "an empty list",
  });
  const alone = new FakeGateway();
  alone.lists = () => (alone.isDead ? [] : own);
  expect((await observeThroughGateway(alone, candidate)).death).toMatchObject({ othersLost: [], failed: undefined });
  const gone = new FakeGateway();
  gone.lists = () => (gone.isDead || gone.revived > 0 ? others : [...others, ...own]);
  expect((await observeThroughGateway(gone, candidate)).death?.ownLost).toEqual(own);
  const safe = new FakeGateway();
  safe.canBeKilled = false;
  expect((await observeThroughGateway(safe, candidate)).death).toBeUndefined();
  expect(safe.revived).toBe(1);
});

test("a client's key: both calls are written down, and it is refused once it is revoked", async () => {
  const gateway = new FakeGateway();
  gateway.hasKeys = true;
  const { client } = await observeThroughGateway(gateway, candidate);
  expect(client?.audit?.succeeded).toHaveLength(1);
  expect(client?.audit?.failed).toHaveLength(1);
  expect(client?.revocation).toEqual({ unusable: undefined, took: expect.any(Number), within: 60_000 });
});

test("a revoked key that stays, and a grant without effect", async () => {
  const staying = new FakeGateway();
  staying.hasKeys = true;
  staying.refusedWithin = 100;
  staying.lists = () => [...others, ...own];
  expect((await observeThroughGateway(staying, candidate)).client?.revocation).toMatchObject({
    unusable: undefined,
    took: undefined,
  });
  const useless = new FakeGateway();
  useless.hasKeys = true;
  useless.lists = (key) => (key === undefined ? [...others, ...own] : others);
  const { client } = await observeThroughGateway(useless, candidate);
  expect(client?.revocation.unusable).toBe("none of its tools is listed");
});
