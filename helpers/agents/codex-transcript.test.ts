import { expect, test } from "vitest";
import { readTranscript, transcriptMarkdown } from "./codex-transcript.ts";

/** Captured from Codex 0.169.0; ids shortened. */
const started = [
  '{"type":"thread.started","thread_id":"01a20cdf"}',
  '{"type":"item.completed","item":{"id":"item_0","type":"error","message":"Model metadata for `gpt-5` not found."}}',
  '{"type":"turn.started"}',
];
const call = (id: string, rest: string) =>
  `{"id":"${id}","type":"mcp_tool_call","server":"litellm","tool":"postgres-execute_sql",${rest}}`;
const begun = `{"type":"item.started","item":${call("item_1", '"arguments":{"sql":"SELECT 1"},"result":null,"error":null,"status":"in_progress"')}}`;
const usage = '{"type":"turn.completed","usage":{"input_tokens":21026,"cached_input_tokens":0,"output_tokens":78}}';
const separator = "\u2028";
const completed = [
  ...started,
  begun,
  `{"type":"item.completed","item":${call("item_1", `"arguments":{"sql":"SELECT 1"},"result":{"content":[{"type":"text","text":"[{'datname': 'canary${separator}'}]"},{"type":"image","data":"aGk=","mimeType":"image/png"},{"type":"text","text":"1 row"}],"structured_content":null},"error":null,"status":"completed"`)}}`,
  '{"type":"item.completed","item":{"id":"item_2","type":"agent_message","text":"Your PostgreSQL databases:\\ncanary"}}',
  usage,
];

test("a completed turn has the call with its result, the answer, and the notice, which is not an error", () => {
  const transcript = readTranscript(`${completed.join("\n")}\n`);
  expect(transcript).toMatchObject({
    threadId: "01a20cdf",
    turn: "completed",
    messages: ["Your PostgreSQL databases:\ncanary"],
    errors: [],
    notices: ["Model metadata for `gpt-5` not found."],
    toolCalls: [
      {
        server: "litellm",
        tool: "postgres-execute_sql",
        arguments: { sql: "SELECT 1" },
        resultText: `[{'datname': 'canary${separator}'}]\n1 row`,
        error: undefined,
        status: "completed",
      },
    ],
  });
  expect(transcript.events).toHaveLength(completed.length);
});

test("a tool's own error is its result; why Codex did not make a call is the call's error", () => {
  const refused = readTranscript(
    `{"type":"item.completed","item":${call("item_1", '"arguments":{},"result":{"content":[{"type":"text","text":"refused: no such table"}],"structured_content":null},"error":null,"status":"failed"')}}`,
  );
  expect(refused.toolCalls).toMatchObject([{ status: "failed", resultText: "refused: no such table" }]);
  const unapproved = readTranscript(
    `{"type":"item.completed","item":${call("item_1", '"arguments":{},"result":null,"error":{"message":"MCP tool call requires approval, but approval policy is never"},"status":"failed"')}}`,
  );
  expect(unapproved.toolCalls).toMatchObject([
    { status: "failed", resultText: "", error: "MCP tool call requires approval, but approval policy is never" },
  ]);
});

test("parallel calls keep the order in which they began", () => {
  const both = ["item_1", "item_2"].map(
    (id) =>
      `{"type":"item.started","item":${call(id, '"arguments":{},"result":null,"error":null,"status":"in_progress"')}}`,
  );
  const done = ["item_2", "item_1"].map(
    (id) =>
      `{"type":"item.completed","item":${call(id, `"arguments":{},"result":{"content":[{"type":"text","text":"${id}"}]},"error":null,"status":"completed"`)}}`,
  );
  expect(readTranscript([...both, ...done].join("\n")).toolCalls.map(({ resultText }) => resultText)).toEqual([
    "item_1",
    "item_2",
  ]);
});

test("a failed turn: reconnects and the cause, each once", () => {
  const cause = "stream disconnected before completion: stream closed before response.completed";
  const transcript = readTranscript(
    [
      ...started,
      `{"type":"error","message":"Reconnecting... 1/1 (${cause})"}`,
      `{"type":"error","message":"${cause}"}`,
      `{"type":"turn.failed","error":{"message":"${cause}"}}`,
    ].join("\n"),
  );
  expect(transcript.turn).toBe("failed");
  expect(transcript.errors).toEqual([`Reconnecting... 1/1 (${cause})`, cause]);
});

test("after a killed run the call is in progress, the turn has no end, and half a line is an error", () => {
  const transcript = readTranscript(`${[...started, begun].join("\n")}\n{"type":"item.comp`);
  expect(transcript.turn).toBeUndefined();
  expect(transcript.toolCalls).toMatchObject([{ status: "in_progress", resultText: "" }]);
  expect(transcript.errors).toEqual(['not an event: {"type":"item.comp']);
});

test("no output is an empty transcript", () => {
  expect(readTranscript("")).toMatchObject({ threadId: undefined, turn: undefined, toolCalls: [], events: [] });
});

test("unknown event types and items are kept", () => {
  const { events, errors } = readTranscript(
    '{"type":"item.completed","item":{"id":"i","type":"reasoning","text":"hm"}}\n{"type":"turn.renamed"}',
  );
  expect(events.map(({ type }) => type)).toEqual(["item.completed", "turn.renamed"]);
  expect(errors).toEqual([]);
});

test("the Markdown has the prompt, calls, answer and end", () => {
  const markdown = transcriptMarkdown(readTranscript(completed.join("\n")), {
    prompt: "List my PostgreSQL databases",
    command: "codex exec --json",
    exitCode: 0,
    seconds: 3.21,
  });
  expect(markdown).toContain("# Codex: List my PostgreSQL databases\n");
  expect(markdown).toContain("- turn: completed, exit code 0, 3.2 s");
  expect(markdown).toContain("## Call 1: litellm.postgres-execute_sql, completed");
  expect(markdown).toContain('"sql": "SELECT 1"');
  expect(markdown.indexOf("## Answer")).toBeGreaterThan(markdown.indexOf("## Call 1"));
  expect(markdown).not.toContain("## Errors");
});

test("the Markdown of an empty transcript says so and shows standard error", () => {
  const markdown = transcriptMarkdown(readTranscript(""), {
    prompt: "p",
    command: "codex exec --json p",
    exitCode: 1,
    seconds: 1,
    stderr: "required MCP servers failed to initialize\n",
  });
  expect(markdown).toContain("- turn: did not end, exit code 1, 1.0 s");
  expect(markdown).toContain("No tool was called.");
  expect(markdown).toContain("There was no answer.");
  expect(markdown).toContain("required MCP servers failed to initialize");
});

test("a code fence in a result does not end the Markdown's own code block", () => {
  const markdown = transcriptMarkdown(
    readTranscript(
      '{"type":"item.completed","item":{"id":"i","type":"agent_message","text":"```sql\\nSELECT 1\\n```"}}',
    ),
    { prompt: "p", command: "c", exitCode: 0, seconds: 0 },
  );
  expect(markdown).toContain("````\n```sql\nSELECT 1\n```\n````");
});

test("Codex 0.47 reports only the status of a call", () => {
  const event = (type: string, status: string): string =>
    JSON.stringify({
      type,
      item: { id: "item_0", type: "mcp_tool_call", server: "litellm", tool: "postgres-execute_sql", status },
    });
  const { toolCalls } = readTranscript(
    [event("item.started", "in_progress"), event("item.completed", "completed")].join("\n"),
  );
  expect(toolCalls).toEqual([
    {
      server: "litellm",
      tool: "postgres-execute_sql",
      arguments: undefined,
      resultText: "",
      error: undefined,
      status: "completed",
    },
  ]);
});
