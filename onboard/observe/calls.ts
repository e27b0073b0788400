import type { Tool } from "@modelcontextprotocol/sdk/types.js";
import type { Candidate, ExampleCall } from "../candidate/types.ts";
import type { Channel } from "../protocol/channel.ts";
import { badArguments, hostileArguments, sampleArguments } from "./arguments.ts";
import { readCatalogue } from "./catalogue.ts";
import { withHarm } from "./harm.ts";
import type { CallRecord } from "./observations.ts";
import type { Subject } from "./subject.ts";

/** A call to make. */
export type PlannedCall = Omit<CallRecord, "answer" | "changed" | "harm">;

const unknownTool = "no_such_tool_of_this_server";

/** A tool that does not answer so often is not asked again. */
const mostSilences = 2;

/** How long one answer is awaited, in milliseconds, beyond the budget. */
const grace = 1_000;

/** Makes the calls of a candidate one after another, on a connection that is made again when the server ends. */
export class CallRun {
  records: CallRecord[] = [];
  readonly channels: Channel[] = [];
  isCutShort = false;
  readonly #subject: Subject;
  readonly #candidate: Candidate;
  #ends: number;
  #channel: Channel | undefined;
  #state: ReadonlyMap<string, string> = new Map();
  readonly #silences = new Map<string, number>();

  /** @param ends when no other call is begun, on the clock of `performance.now()`; what the gate itself does does not count */
  constructor(subject: Subject, candidate: Candidate, ends: number) {
    this.#subject = subject;
    this.#candidate = candidate;
    this.#ends = ends;
  }

  /** Makes all calls. */
  async run(tools: readonly Tool[]): Promise<void> {
    await this.#makeAll(tools);
    // A server that is still connected would count as left over.
    await this.#channel?.close();
    const { trap } = this.#subject;
    const { changesState } = this.#candidate.tools;
    this.records = withHarm(this.records, { trap, marks: await trap.marks(), changesState });
  }

  async #makeAll(tools: readonly Tool[]): Promise<void> {
    this.#state = await this.#stateNow();
    for (const call of plannedCalls(tools, this.#candidate, this.#subject)) {
      if (performance.now() > this.#ends) {
        this.isCutShort = true;
        return;
      }
      if ((this.#silences.get(call.tool) ?? 0) < mostSilences) await this.#make(call);
    }
  }

  async #make(call: PlannedCall): Promise<void> {
    const channel = await this.#connected();
    const params = { name: call.tool, arguments: { ...call.arguments } };
    const answer = await channel.ask("tools/call", params, this.#candidate.budget.latencyMs + grace);
    if (answer.kind === "silent") this.#silences.set(call.tool, (this.#silences.get(call.tool) ?? 0) + 1);
    // It is still busy with that call, and the next one must not wait for it.
    if (answer.kind === "silent" || channel.ended !== undefined) {
      this.#channel = undefined;
      await channel.close();
    }
    const state = await this.#stateNow();
    const changed = [...state].flatMap(([part, text]) => {
      const before = this.#state.get(part);
      return before === text ? [] : [`${part}: ${difference(before ?? "", text)}`];
    });
    this.#state = state;
    this.records.push({ ...call, answer, changed });
  }

  /** The state of the services. The time that it takes is not the candidate's. */
  async #stateNow(): Promise<ReadonlyMap<string, string>> {
    const began = performance.now();
    const state = await this.#subject.state();
    this.#ends += performance.now() - began;
    return state;
  }

  async #connected(): Promise<Channel> {
    if (this.#channel?.ended === undefined && this.#channel !== undefined) return this.#channel;
    const channel = await this.#subject.open();
    this.channels.push(channel);
    this.#channel = channel;
    // Without a handshake some servers answer nothing.
    await readCatalogue(channel, this.#candidate.limits.startSeconds * 1000).catch(() => undefined);
    return channel;
  }
}

function plannedCalls(tools: readonly Tool[], candidate: Candidate, subject: Subject): PlannedCall[] {
  const { calls } = candidate;
  const once = [...new Map(tools.map((tool) => [tool.name, tool])).values()];
  const shown = new Set(calls.map(({ tool }) => tool));
  let marks = 0;
  const nextMark = (): string => `${subject.trap.mark}-${++marks}`;
  return [
    ...calls.map(exampleCall),
    ...once
      .filter(({ name }) => !shown.has(name))
      .map((tool): PlannedCall => ({ purpose: "sample", tool: tool.name, arguments: sampleArguments(tool) })),
    ...once.flatMap((tool) =>
      badArguments(tool).map((own): PlannedCall => ({ purpose: "bad-arguments", tool: tool.name, arguments: own })),
    ),
    { purpose: "unknown-tool", tool: unknownTool, arguments: {} },
    ...once.flatMap((tool) =>
      hostileArguments(tool, subject.trap, nextMark).map(
        (own): PlannedCall => ({ purpose: "hostile", tool: tool.name, ...own }),
      ),
    ),
  ];
}

/** The most calls with bad arguments that are repeated through a gateway, each for another tool. */
const mostBadCalls = 4;

/** The calls that are made through a gateway: what it can change is the answer, so that a few of each kind are enough. */
export function gatewayCalls(tools: readonly Tool[], { calls }: Candidate): PlannedCall[] {
  const bad = tools.flatMap((tool): PlannedCall[] =>
    badArguments(tool)
      .slice(0, 1)
      .map((own) => ({ purpose: "bad-arguments", tool: tool.name, arguments: own })),
  );
  return [
    ...calls.map(exampleCall),
    ...bad.slice(0, mostBadCalls),
    { purpose: "unknown-tool", tool: unknownTool, arguments: {} },
  ];
}

function exampleCall({ tool, arguments: own, contains, fails }: ExampleCall): PlannedCall {
  return { purpose: "example", tool, arguments: own, expected: { contains, fails } };
}

/** The first line in which two texts differ. */
function difference(before: string, after: string): string {
  const [old, now] = [before.split("\n"), after.split("\n")];
  const index = Array.from({ length: Math.max(old.length, now.length) }, (_, at) => at).find(
    (at) => old[at] !== now[at],
  );
  const line = (lines: readonly string[]): string => (lines[index ?? 0] ?? "(nothing)").slice(0, 120);
  return `${JSON.stringify(line(old))} became ${JSON.stringify(line(now))}`;
}
