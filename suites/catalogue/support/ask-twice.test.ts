import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Exchange } from "../../../helpers/protocol/exchange.ts";
import { askTwice } from "./ask-twice.ts";

const patience = { alone: 60_000, together: 120_000 };

beforeEach(() => void vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] }));
afterEach(() => void vi.useRealTimers());

/** Asks with answers that come after so many milliseconds; undefined: never. Notes when each request is sent, and its deadline. */
async function asked(...answers: readonly (number | undefined)[]) {
  const began = performance.now();
  const sent: { at: number; deadline: number }[] = [];
  const ask = async (deadline: number): Promise<Exchange> => {
    const after = answers[sent.length];
    const id = `request ${sent.length + 1}`;
    sent.push({ at: performance.now() - began, deadline });
    const isAnswered = after !== undefined && after < deadline;
    await new Promise((resolve) => setTimeout(resolve, Math.min(after ?? deadline, deadline)));
    return { id, ...(isAnswered ? { response: { status: 200 } } : { error: "late" }) } as unknown as Exchange;
  };
  const answer = askTwice(ask, patience);
  await vi.runAllTimersAsync();
  const { id, response } = await answer;
  return { id, isAnswered: response !== undefined, sent };
}

test("an answer in time is the only one", async () => {
  expect(await asked(5_000)).toEqual({ id: "request 1", isAnswered: true, sent: [{ at: 0, deadline: 120_000 }] });
});

test("a lost answer is asked for again before the first request is given up", async () => {
  expect(await asked(undefined, 5_000)).toEqual({
    id: "request 2",
    isAnswered: true,
    sent: [
      { at: 0, deadline: 120_000 },
      { at: 60_000, deadline: 60_000 },
    ],
  });
});

test("a slow answer counts, also when it is asked for again", async () => {
  expect(await asked(70_000, undefined)).toMatchObject({ id: "request 1", isAnswered: true });
});

test("two without an answer take no longer than one", async () => {
  const { isAnswered, sent } = await asked(undefined, undefined);
  expect(isAnswered).toBe(false);
  expect(Math.max(...sent.map(({ at, deadline }) => at + deadline))).toBe(120_000);
});
