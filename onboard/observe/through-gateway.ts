import type { Tool } from "@modelcontextprotocol/sdk/types.js";
import { DeadlineError, deadlines, until } from "../../helpers/core/deadlines.ts";
import { deadlineFactor } from "../../helpers/core/run-config.ts";
import type { Candidate } from "../candidate/types.ts";
import type { Answer, Channel } from "../protocol/channel.ts";
import { sampleArguments } from "./arguments.ts";
import { gatewayCalls } from "./calls.ts";
import { readTools, shakeHands } from "./catalogue.ts";
import {
  type AuditObservation,
  type ClientKey,
  observeAudit,
  observeRevocation,
  type RevocationObservation,
} from "./client-key.ts";
import type { CallRecord } from "./observations.ts";
import { undecided, watchForStarvation } from "./undecided.ts";

/** A gateway with a candidate among its upstreams: what it can be asked, and what can be seen of it from outside. */
export interface GatewaySubject {
  /** A connection of a client to the gateway's MCP endpoint, with a key; by default with one that may do everything. */
  open(key?: string): Channel;
  /** Makes a key for the candidate alone; undefined where the gateway keeps no keys. */
  clientKey(): Promise<ClientKey | undefined>;
  /** The name of a tool of the candidate in the gateway's catalogue. */
  nameOf(tool: string): string;
  /**
   * Called before the call in which the candidate is killed. Where the gateway starts it for each call, it dies as it starts from here
   * on: killed a second later, LiteLLM 1.77.1 waits without an end, and the outcome would be a matter of chance.
   */
  prepareKill(): Promise<void>;
  /** Kills the candidate while a call runs, and keeps it down where the gateway does not start it. False: there was nothing to kill. */
  kill(): Promise<boolean>;
  /** Starts a candidate again that the gateway does not start. */
  revive(): Promise<void>;
  /** What the gateway wrote to its log. */
  log(): Promise<string>;
}

/** What the death of a candidate did to the gateway. */
export interface DeathObservation {
  /** How the call ended in which it was killed. */
  answer: Answer;
  /** Tools of other upstreams that were listed before, and not while it was dead. */
  othersLost: readonly string[];
  /** Why the gateway listed nothing while it was dead; undefined where it did. */
  failed: string | undefined;
  /** Its tools that were not listed again. */
  ownLost: readonly string[];
}

/** All that was seen of a candidate through a gateway. */
export interface GatewayObservations {
  /** Every tool that the gateway lists, with its name there. */
  listed: readonly Tool[];
  /** The candidate's tools with the names that it gave them. */
  own: readonly Tool[];
  /** What is wrong with the listing, and why there was none. */
  faults: readonly string[];
  /** With the names that the candidate gave its tools. */
  calls: readonly CallRecord[];
  /** How the machine was starved meanwhile; undefined where it was not. */
  starved: string | undefined;
  /** What the gateway answered and wrote, by where. */
  texts: ReadonlyMap<string, string>;
  /** Undefined where it could not be killed in a call. */
  death: DeathObservation | undefined;
  /** What it does with a client's own key; undefined where it keeps no keys. */
  client: { audit: AuditObservation | undefined; revocation: RevocationObservation } | undefined;
}

/** How long one answer is awaited, in milliseconds: a gateway starts servers for a call. What exceeds the budget is item 28's. */
function answerDeadline({ budget }: Candidate): number {
  return Math.max(budget.latencyMs, deadlines.mcpRequest);
}

/** How long one listing may take, in milliseconds. */
const listDeadline = 60_000;

/** Asks a candidate through a gateway. Never throws for what the gateway or the candidate does. */
export async function observeThroughGateway(
  subject: GatewaySubject,
  candidate: Candidate,
): Promise<GatewayObservations> {
  const channels: Channel[] = [];
  const open = (key?: string): Channel => {
    const channel = subject.open(key);
    channels.push(channel);
    return channel;
  };
  const startDeadline = candidate.limits.startSeconds * 1000;
  const starvedSince = watchForStarvation();
  const first = await listWith(open, startDeadline, ({ own }) => own.length > 0, subject);
  const calls = first.own.length === 0 ? [] : await makeCalls(subject, candidate, open, first.own);
  const client = first.own.length === 0 ? undefined : await observeClient(subject, candidate, open);
  const death = first.own.length === 0 ? undefined : await observeDeath(subject, candidate, open, first);
  return {
    listed: first.listed,
    own: first.own,
    faults: first.faults,
    calls,
    starved: starvedSince(),
    texts: new Map([
      ["the gateway's answers", channels.map(({ received }) => received).join("\n")],
      ["the gateway's log", await subject.log()],
    ]),
    death,
    client,
  };
}

/** Why what was seen says nothing of the gateway; undefined where it can be judged. */
export function undecidedThroughGateway(
  { own, faults, calls, death, starved }: GatewayObservations,
  { budget }: Candidate,
): string | undefined {
  const answers = [...calls.map(({ answer }) => answer), ...(death === undefined ? [] : [death.answer])];
  return undecided({ starved, answers, faults: own.length === 0 ? faults : [], isCutShort: false }, budget.latencyMs);
}

async function observeClient(
  subject: GatewaySubject,
  candidate: Candidate,
  open: (key: string) => Channel,
): Promise<GatewayObservations["client"]> {
  const key = await subject.clientKey();
  if (key === undefined) return undefined;
  const nameOf = (tool: string): string => subject.nameOf(tool);
  const audit = await observeAudit(key, candidate, open, nameOf);
  return { audit, revocation: await observeRevocation(key, open, nameOf) };
}

type Listing = Pick<GatewayObservations, "listed" | "own" | "faults">;

/** Lists until a condition holds or the deadline is over; then what was listed last. */
async function listWith(
  open: () => Channel,
  deadline: number,
  condition: (listing: Listing) => boolean,
  subject: GatewaySubject,
): Promise<Listing> {
  let last: Listing = { listed: [], own: [], faults: ["nothing was listed"] };
  try {
    return await until("the gateway lists the candidate's tools", deadline, async () => {
      last = await list(open, subject);
      return condition(last) ? last : undefined;
    });
  } catch (error) {
    if (!(error instanceof DeadlineError)) throw error;
    return last;
  }
}

async function list(open: () => Channel, subject: GatewaySubject): Promise<Listing> {
  const channel = open();
  try {
    const { tools, faults } = await readTools(channel, listDeadline);
    return { listed: tools, own: ownTools(tools, subject), faults };
  } catch (error) {
    return { listed: [], own: [], faults: [(error as Error).message] };
  } finally {
    await channel.close();
  }
}

/** Tools with the candidate's prefix, without it. */
function ownTools(tools: readonly Tool[], subject: GatewaySubject): Tool[] {
  const prefix = subject.nameOf("");
  return tools.flatMap((tool) =>
    tool.name.startsWith(prefix) ? [{ ...tool, name: tool.name.slice(prefix.length) }] : [],
  );
}

async function makeCalls(
  subject: GatewaySubject,
  candidate: Candidate,
  open: () => Channel,
  tools: readonly Tool[],
): Promise<CallRecord[]> {
  const channel = await connected(open);
  const records: CallRecord[] = [];
  for (const call of gatewayCalls(tools, candidate)) {
    const params = { name: subject.nameOf(call.tool), arguments: { ...call.arguments } };
    const answer = await channel.ask("tools/call", params, answerDeadline(candidate));
    records.push({ ...call, answer, changed: [] });
  }
  await channel.close();
  return records;
}

async function connected(open: () => Channel): Promise<Channel> {
  const channel = open();
  // Without a handshake some gateways answer nothing.
  await shakeHands(channel, listDeadline).catch(() => undefined);
  return channel;
}

/** How long a gateway may take to see that the server of a call is dead, in milliseconds: half of what clients wait by default. */
const deathNoticed = 30_000 * deadlineFactor;

async function observeDeath(
  subject: GatewaySubject,
  candidate: Candidate,
  open: () => Channel,
  before: Listing,
): Promise<DeathObservation | undefined> {
  const channel = await connected(open);
  const [example] = candidate.calls;
  const [tool] = before.own;
  if (tool === undefined) return undefined;
  const { name, own } =
    example === undefined
      ? { name: tool.name, own: sampleArguments(tool) }
      : { name: example.tool, own: example.arguments };
  const params = { name: subject.nameOf(name), arguments: { ...own } };
  await subject.prepareKill();
  const call = channel.ask("tools/call", params, deathNoticed);
  const wasKilled = await subject.kill();
  const during = wasKilled ? await list(open, subject) : undefined;
  await subject.revive();
  const answer = await call;
  await channel.close();
  if (during === undefined) return undefined;
  const names = ({ listed }: Listing): Set<string> => new Set(listed.map((one) => one.name));
  const ownNames = new Set(before.own.map((one) => subject.nameOf(one.name)));
  const isBack = (listing: Listing): boolean => [...ownNames].every((one) => names(listing).has(one));
  const after = await listWith(open, candidate.limits.startSeconds * 1000, isBack, subject);
  const others = [...names(before)].filter((one) => !ownNames.has(one));
  // A gateway without other upstreams is right to list nothing.
  const listsNothing = during.listed.length === 0 && (others.length > 0 || during.faults.length > 0);
  return {
    answer,
    othersLost: others.filter((one) => !names(during).has(one)),
    failed: listsNothing ? during.faults.join("; ") || "an empty list" : undefined,
    ownLost: [...ownNames].filter((one) => !names(after).has(one)),
  };
}
