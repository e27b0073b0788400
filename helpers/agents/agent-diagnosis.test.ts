import { describe, expect, it } from "vitest";
import { type Cause, diagnose, isNameOf, type TurnEvidence } from "./agent-diagnosis.ts";
import type { AgentToolCall } from "./codex-transcript.ts";

const tool = "postgres-execute_sql";
const catalogue = [tool, "filesystem-read_file"];
const shown = ["exec_command", "mcp__litellm.postgres_execute_sql", "mcp__litellm.filesystem_read_file"];

const call = (status: AgentToolCall["status"], error?: string): AgentToolCall => ({
  server: "litellm",
  tool,
  arguments: {},
  resultText: "",
  error,
  status,
});

/** The evidence of a turn in which only the given parts are wrong. */
function turn(changes: Partial<TurnEvidence>): TurnEvidence {
  return {
    tool,
    transcript: { toolCalls: [], errors: [], messages: [] },
    stderr: "",
    waits: false,
    journal: [{ toolsOffered: shown }],
    gateway: { models: 200, mcp: 200, tools: catalogue },
    ...changes,
  };
}

const notOffered = (toolsOffered: string[]) => [{ toolsOffered, toolNotOffered: { tool, offered: toolsOffered } }];

const cases: { cause: Cause; evidence: Partial<TurnEvidence>; says: RegExp }[] = [
  {
    cause: "gateway-down",
    evidence: { gateway: { models: undefined, mcp: undefined, tools: undefined }, journal: [] },
    says: /Nothing answers/,
  },
  {
    cause: "wrong-key",
    // 1.77.1 answers 500 to MCP with an unknown key: only /v1/models shows the cause.
    evidence: { gateway: { models: 401, mcp: 500, tools: undefined }, journal: [] },
    says: /401 to \/v1\/models, and 500 to MCP/,
  },
  {
    cause: "mcp-unreachable",
    evidence: { gateway: { models: 200, mcp: undefined, tools: undefined } },
    says: /nothing answers at the MCP URL/,
  },
  {
    cause: "mcp-not-found",
    evidence: { gateway: { models: 200, mcp: 404, tools: undefined } },
    says: /no MCP endpoint at the URL/,
  },
  {
    cause: "mcp-refused",
    evidence: { gateway: { models: 200, mcp: 401, tools: undefined } },
    says: /MCP refuses the key \(status 401\)/,
  },
  { cause: "mcp-broken", evidence: { gateway: { models: 200, mcp: 500, tools: undefined } }, says: /MCP answers 500/ },
  {
    cause: "catalogue-empty",
    evidence: { gateway: { models: 200, mcp: 200, tools: [] }, journal: notOffered([]) },
    says: /although the status is 200/,
  },
  {
    cause: "catalogue-late",
    evidence: { journal: notOffered(["exec_command"]) },
    says: /\(2 tools\) arrived after the first turn/,
  },
  {
    cause: "tools-dropped",
    evidence: { journal: notOffered(["exec_command"]), waits: true },
    says: /none of its 2 tools reached the model/,
  },
  {
    cause: "catalogue-late",
    evidence: { journal: [], stderr: "Error: litellm: timed out awaiting tools/list after 5s" },
    says: /startup_timeout_sec/,
  },
  {
    cause: "tool-missing",
    evidence: { journal: notOffered(["mcp__litellm.filesystem_read_file"]) },
    says: /offered 1 of the catalogue's 2 tools to the model, without postgres-execute_sql/,
  },
  {
    cause: "tool-not-listed",
    evidence: {
      gateway: { models: 200, mcp: 200, tools: ["filesystem-read_file"] },
      journal: notOffered(["mcp__litellm.filesystem_read_file"]),
    },
    says: /but not postgres-execute_sql/,
  },
  {
    cause: "model-not-reached",
    evidence: { journal: [], stderr: "reading\nError: no such model provider\n" },
    says: /Error: no such model provider/,
  },
  {
    cause: "bad-gateway",
    evidence: {
      transcript: {
        toolCalls: [call("failed", "tool call failed\n\nTransport send error: HTTP 502: Bad Gateway")],
        errors: [],
        messages: [],
      },
    },
    says: /502: it sent it on a connection that LiteLLM closed at that moment \(see ROUTE-19\)/,
  },
  {
    cause: "call-not-made",
    evidence: { transcript: { toolCalls: [call("failed", "user cancelled MCP tool call")], errors: [], messages: [] } },
    says: /user cancelled.*default_tools_approval_mode/,
  },
  {
    cause: "call-failed",
    evidence: { transcript: { toolCalls: [call("failed")], errors: [], messages: [] } },
    says: /sent the call, and it failed/,
  },
  {
    cause: "call-failed",
    evidence: { transcript: { toolCalls: [call("in_progress")], errors: [], messages: [] } },
    says: /it had no result/,
  },
  { cause: "answered-without-call", evidence: {}, says: /answered without calling/ },
];

describe("the diagnosis of an agent's turn", () => {
  it.each(cases)("$cause: $says", ({ cause, evidence, says }) => {
    const diagnosis = diagnose(turn(evidence));
    expect(diagnosis?.cause).toBe(cause);
    expect(diagnosis?.sentence).toMatch(says);
    expect(diagnosis?.sentence.split("\n")).toHaveLength(1);
  });

  it("is undefined when the call has a result, whatever else is wrong", () => {
    const transcript = { toolCalls: [call("completed")], errors: ["odd"], messages: [] };
    expect(diagnose(turn({ transcript }))).toBeUndefined();
  });

  it("does not accept another tool's result", () => {
    const other = { ...call("completed"), tool: "filesystem-read_file" };
    expect(diagnose(turn({ transcript: { toolCalls: [other], errors: [], messages: [] } }))?.cause).toBe(
      "answered-without-call",
    );
  });
});

describe("a tool's name", () => {
  it.each([
    tool,
    "mcp__litellm.postgres_execute_sql",
    "litellm__postgres-execute_sql",
    "mcp__litellm__postgres-execute_sql",
  ])("is recognised in %s", (name) => expect(isNameOf(name, tool)).toBe(true));

  it("is not the end of a longer name", () => expect(isNameOf("my_postgres_execute_sql", tool)).toBe(false));
});
