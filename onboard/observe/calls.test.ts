import type { Tool } from "@modelcontextprotocol/sdk/types.js";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { syntheticCandidate } from "../proofs/synthetic.ts";
import type { Answer, Channel } from "../protocol/channel.ts";
import { CallRun } from "./calls.ts";
import type { Subject } from "./subject.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const candidate = { ...syntheticCandidate("stdio"), calls: [] };
const text = { type: "object" as const, properties: { text: { type: "string" } }, required: ["text"] };
const tools: Tool[] = ["one", "two", "three"].map((name) => ({ name, inputSchema: text }));

/** A server that answers after `answerMs`, with services whose state takes `stateMs` to read. */
function subjectOf({ answerMs, stateMs }: { answerMs: number; stateMs: number }, close = async () => {}): Subject {
  const channel: Partial<Channel> = {
    ended: undefined,
    ask: async (): Promise<Answer> => {
      vi.advanceTimersByTime(answerMs);
      return { kind: "result", result: {}, bytes: 2, took: answerMs };
    },
    notify: async () => {},
    close,
  };
  const subject: Partial<Subject> = {
    open: async () => channel as Channel,
    state: async () => {
      vi.advanceTimersByTime(stateMs);
      return new Map();
    },
    trap: { file: "/trap", content: "content", mark: "/mark", marks: async () => [] },
  };
  return subject as Subject;
}

async function isCutShort(times: { answerMs: number; stateMs: number }): Promise<boolean> {
  const run = new CallRun(subjectOf(times), candidate, performance.now() + 1000);
  await run.run(tools);
  return run.isCutShort;
}

test("the time in which the gate reads the state is not the candidate's", async () => {
  expect(await isCutShort({ answerMs: 10, stateMs: 500 })).toBe(false);
});

test("a candidate whose answers take too long is cut short", async () => {
  expect(await isCutShort({ answerMs: 500, stateMs: 10 })).toBe(true);
});

test("the last connection is closed, also of a candidate that is cut short", async () => {
  for (const answerMs of [1, 500]) {
    const close = vi.fn(async () => {});
    await new CallRun(subjectOf({ answerMs, stateMs: 1 }, close), candidate, performance.now() + 1000).run(tools);
    expect(close).toHaveBeenCalledOnce();
  }
});

test("each call that attacks the shell has a mark of its own", async () => {
  const run = new CallRun(subjectOf({ answerMs: 1, stateMs: 1 }), candidate, performance.now() + 60_000);
  await run.run(tools);
  const marks = run.records.flatMap(({ mark }) => mark ?? []);
  expect(marks).toHaveLength(6);
  expect(new Set(marks).size).toBe(6);
  for (const { mark, arguments: own } of run.records)
    if (mark !== undefined) expect(own.text).toContain(`touch ${mark}`);
});
