import { expect, test } from "vitest";
import type { CallRecord, Catalogue, Observations } from "../observe/observations.ts";
import { syntheticCandidate } from "../proofs/synthetic.ts";
import type { RunningCase } from "./judgement.ts";
import { judgeProtocol, looksLikeError } from "./protocol.ts";

test.each([
  ["Error: relation does not exist", true],
  ['{"error": "Template 1 not found"}', true],
  ["Invalid argument: sql", true],
  ["Invalid index check: 3 invalid indexes found.", true],
  ["Invalid index check: No invalid indexes found.", false],
  ["[{'sensor': 'hall'}]", false],
])("%j looks like an error: %s", (text, is) => {
  expect(looksLikeError(text)).toBe(is);
});

test.each([
  ["Error", "pass"],
  ["level=error", "fail"],
])("an answer that begins like an error and contains %j of its example: item 10 is a %s", (text, outcome) => {
  const call = (own: Partial<CallRecord>, result: object): CallRecord => ({
    purpose: "example",
    tool: "query_logs",
    arguments: {},
    changed: [],
    answer: { kind: "result", result: { ...result }, bytes: 1, took: 1 },
    ...own,
  });
  const content = [{ type: "text", text: "Error level=error msg=lost" }];
  const calls = [
    call({ expected: { contains: [text], fails: false } }, { content }),
    call({ purpose: "unknown-tool" }, { isError: true, content: [{ type: "text", text: "unknown tool" }] }),
  ];
  const seen = { calls, strayIds: [], http: undefined, eras: undefined } as unknown as Observations;
  const catalogue = { tools: [], faults: [] } as unknown as Catalogue;
  const judged = judgeProtocol({ candidate: syntheticCandidate("stdio"), seen, catalogue } as RunningCase);
  expect(judged[10].outcome).toBe(outcome);
});
