import { expect, test } from "vitest";
import { withHarm } from "./harm.ts";
import type { CallRecord } from "./observations.ts";

const context = { trap: { file: "/tmp/trap", content: "trap-1" }, marks: ["/tmp/mark-2"], changesState: ["declared"] };

function call(tool: string, own: Partial<CallRecord> = {}): CallRecord {
  const answer = { kind: "result", result: {}, bytes: 2, took: 1 } as const;
  return { purpose: "hostile", tool, arguments: {}, answer, changed: [], ...own };
}

const harms = (...records: CallRecord[]): (string | undefined)[] => withHarm(records, context).map(({ harm }) => harm);

test("the call whose own mark exists ran the shell, and no other one", () => {
  const shell = (mark: string): CallRecord => call("run", { attack: "shell", mark });
  expect(harms(shell("/tmp/mark-1"), shell("/tmp/mark-2"), shell("/tmp/mark-22"))).toEqual([
    undefined,
    "the shell ran: /tmp/mark-2 exists",
    undefined,
  ]);
});

test("the content of the trap in an answer is harm", () => {
  const answer = { kind: "result", result: { text: "is trap-1" }, bytes: 2, took: 1 } as const;
  expect(harms(call("read", { attack: "traversal", answer }))).toEqual(["the content of /tmp/trap was in the answer"]);
});

test("a state that SQL alone changes is harm", () => {
  const changed = ["db: one became two"];
  const [traversal, sql] = [call("query", { attack: "traversal" }), call("query", { attack: "SQL", changed })];
  expect(harms(traversal, sql)).toEqual([undefined, "the state changed: db: one became two"]);
});

test("a tool that stores any text, or may change state, ran no SQL", () => {
  const changed = ["db: 0 became 1"];
  const set = [call("set", { attack: "traversal", changed }), call("set", { attack: "SQL", changed })];
  expect(harms(...set, call("declared", { attack: "SQL", changed }))).toEqual([undefined, undefined, undefined]);
});
