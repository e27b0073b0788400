import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { InMemoryTransport } from "@modelcontextprotocol/sdk/inMemory.js";
import { Server } from "@modelcontextprotocol/sdk/server/index.js";
import { CallToolRequestSchema, type Tool } from "@modelcontextprotocol/sdk/types.js";
import { expect, test } from "vitest";
import { findExample, stableText, toolsToTry } from "./find-example.ts";

function tool(name: string, rest: Partial<Tool> = {}): Tool {
  return { name, inputSchema: { type: "object" }, ...rest };
}

const readOnly = { annotations: { readOnlyHint: true } };

test("tools that say they only read, or whose name does, and that need no argument", () => {
  const tried = (...tools: Tool[]): string[] => tools.flatMap((one) => toolsToTry([one]));
  expect(tried(tool("summary", readOnly), tool("getTeams"), tool("list-jobs"), tool("describe_index"))).toHaveLength(4);
  expect(tried(tool("ping"), tool("server_version"), tool("health_check"), tool("status"))).toHaveLength(4);
  expect(tried(tool("get_page", { annotations: { title: "A page" } }))).toHaveLength(1);
  expect(tried(tool("set_status"), tool("reset_health"), tool("getaway"), tool("target"), tool("create_user"))).toEqual(
    [],
  );
  expect(tried(tool("get_or_create_team"), tool("list_and_clear"))).toEqual([]);
  expect(tried(tool("get_page", { annotations: { readOnlyHint: false } }))).toEqual([]);
  expect(tried(tool("get_page", { annotations: { destructiveHint: true } }))).toEqual([]);
  expect(tried(tool("get_page", { inputSchema: { type: "object", required: ["id"] }, ...readOnly }))).toEqual([]);
});

test("at most three tools are tried", () => {
  expect(toolsToTry(["a", "b", "c", "d"].map((name) => tool(`get_${name}`)))).toEqual(["get_a", "get_b", "get_c"]);
});

const asked = { upstream: "notes", tool: "get_topics", secrets: ["sesame-of-the-env"] };
const same = (text: string): string | undefined => stableText([text, text], asked);

test("the first text of at least eight letters that both results have", () => {
  expect(stableText(["Short\nFound by Anna\nTopics of all\n", "Topics of all\nothers"], asked)).toBe("Topics of all");
  expect(same("Topics\nSeven77")).toBeUndefined();
});

test("a text has nothing that a format escapes, no number, and at most sixty characters", () => {
  expect(same('{"id": 7, "description": "Topics of \\"all\\" notes"}')).toBe("description");
  expect(same("Found 3 topics of notes")).toBe("topics of notes");
  expect(same("Überschrift der Notizen: <b>")).toBe("berschrift der Notizen");
  expect(same(`  ## ${"word ".repeat(20)}`)).toBe("word ".repeat(12).trim());
});

test("a text that may be another one in the next run does not count", () => {
  expect(same("2025-08-01 10:07:33")).toBeUndefined();
  expect(same("Friday, Aug 1")).toBeUndefined();
  expect(same("Uptime: 3 hours and 2 minutes")).toBeUndefined();
  expect(same("a database canary_00ff of the run")).toBeUndefined();
  expect(same("token: sesame-of-the-env is used")).toBeUndefined();
});

test("a text that is in the call does not count: an error could repeat it", () => {
  expect(same("get_topics")).toBeUndefined();
  expect(stableText(["the weather", "the weather"], { ...asked, upstream: "the weather" })).toBeUndefined();
  expect(same("get_topics of all notes")).toBe("get_topics of all notes");
});

/** The result of a call. */
interface Result {
  text: string;
  isError?: boolean;
}

/** The example of a server whose tools, by their names in the catalogue, give these results, one after the other. */
async function found(results: Readonly<Record<string, readonly Result[]>>) {
  const server = new Server({ name: "notes", version: "1.0.0" }, { capabilities: { tools: {} } });
  const called: string[] = [];
  server.setRequestHandler(CallToolRequestSchema, ({ params: { name } }) => {
    const result = results[name]?.[called.filter((one) => one === name).length];
    called.push(name);
    if (result === undefined) throw new Error("no such tool");
    return { content: [{ type: "text", text: result.text }], isError: result.isError ?? false };
  });
  const [own, others] = InMemoryTransport.createLinkedPair();
  const client = new Client({ name: "test", version: "1.0.0" }, { capabilities: {} });
  await Promise.all([server.connect(others), client.connect(own)]);
  const tools = ["get_one", "get_two", "get_three"].map((name) => tool(name));
  const upstream = { name: "notes", tools, catalogueName: (name: string) => `notes-${name}` };
  const example = await findExample(client, upstream, []);
  await client.close();
  return { example, called };
}

test("the first tool whose two results are not errors and have a text in common", async () => {
  const { example, called } = await found({
    "notes-get_one": [{ text: "Topics of the notes", isError: true }],
    "notes-get_two": [{ text: "Topics of Anna" }, { text: "Request failed: Topics of Anna" }],
    "notes-get_three": [{ text: "Topics of all" }, { text: "Topics of all" }],
  });
  expect(example).toEqual({ tool: "get_three", arguments: {}, contains: "Topics of all" });
  expect(called).toEqual(["get_one", "get_two", "get_two", "get_three", "get_three"].map((name) => `notes-${name}`));
});

test("no example where each tool fails, or never says the same twice", async () => {
  const { example } = await found({ "notes-get_two": [{ text: "Topics of Anna" }, { text: "Letters of Paul" }] });
  expect(example).toBeUndefined();
});
