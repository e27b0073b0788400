import { readFileSync } from "node:fs";
import { Ajv } from "ajv";
import { Ajv2020 } from "ajv/dist/2020.js";
import { expect, test } from "vitest";
import type { Exchange } from "./exchange.ts";
import { faultText, protocolReport, revisions } from "./protocol.ts";

const exchange = (request: unknown, answer: unknown, headers: [string, string][] = []): Exchange => ({
  id: "x",
  at: "",
  request: { method: "POST", url: "http://gateway/mcp/", headers, body: JSON.stringify(request) },
  response: {
    status: 200,
    headers: [["content-type", "application/json"]],
    body: JSON.stringify(answer),
    headAfter: 0,
    endAfter: 0,
  },
  error: undefined,
});
const faultsOf = (...exchanges: Exchange[]): string[] => protocolReport(exchanges).faults.map(faultText);

const meta = {
  "io.modelcontextprotocol/protocolVersion": "2026-07-28",
  "io.modelcontextprotocol/clientCapabilities": {},
};
const list = (revision: string): unknown => ({
  jsonrpc: "2.0",
  id: 1,
  method: "tools/list",
  ...(revision === "2026-07-28" ? { params: { _meta: meta } } : {}),
});
const tools = (revision: string, tool: object): unknown => ({
  jsonrpc: "2.0",
  id: 1,
  result: {
    tools: [tool],
    ...(revision === "2026-07-28" ? { resultType: "complete", ttlMs: 0, cacheScope: "public" } : {}),
  },
});

test.each(revisions)("a listing that follows %s is valid, a tool without a schema is not", (revision) => {
  const header: [string, string][] = [["MCP-Protocol-Version", revision]];
  const good = exchange(list(revision), tools(revision, { name: "a", inputSchema: { type: "object" } }), header);
  expect(protocolReport([good])).toEqual({ messages: 3, faults: [] });
  const bad = exchange(list(revision), tools(revision, { name: "a" }), header);
  expect(faultsOf(bad)).toEqual([
    expect.stringMatching(/ListToolsResult: \/tools\/0 must have required .*inputSchema/),
  ]);
});

test.each(revisions)("the published schema of %s is valid: a run does not check it", (revision) => {
  const schema = JSON.parse(readFileSync(new URL(`schemas/${revision}.json`, import.meta.url), "utf8")) as {
    $schema: string;
  };
  const ajv = schema.$schema.includes("2020-12") ? new Ajv2020({ strict: false }) : new Ajv({ strict: false });
  expect(ajv.validateSchema(schema), ajv.errorsText()).toBe(true);
});

test("the revision is the one that the handshake agreed on", () => {
  const initialize = {
    jsonrpc: "2.0",
    id: 1,
    method: "initialize",
    params: { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: { name: "a", version: "1" } },
  };
  const answer = { jsonrpc: "2.0", id: 1, result: { protocolVersion: "2025-06-18", capabilities: {} } };
  expect(faultsOf(exchange(initialize, answer))).toEqual([
    expect.stringMatching(/^2025-06-18 response InitializeResult: .*serverInfo/),
  ]);
});

test("an error needs a code; its id may be null, as JSON-RPC allows", () => {
  const error = (rest: object): Exchange => exchange(list("2025-06-18"), { jsonrpc: "2.0", id: null, error: rest });
  expect(faultsOf(error({ code: -32700, message: "no JSON" }))).toEqual([]);
  expect(faultsOf(error({ message: "no JSON" }))).toEqual([
    expect.stringContaining("must have required property 'code'"),
  ]);
});

test("a request that is invalid on purpose is not validated, its response is", () => {
  const bad = exchange({ jsonrpc: "2.0", id: 1, method: "no/such" }, { jsonrpc: "2.0", id: 1, error: {} });
  expect(protocolReport([bad]).faults.map(({ direction }) => direction)).toEqual(["request", "response"]);
  const onPurpose = protocolReport([{ ...bad, invalidOnPurpose: true }]);
  expect(onPurpose.faults.map(({ direction }) => direction)).toEqual(["response"]);
});

test("a body that is not JSON-RPC is not validated", () => {
  expect(protocolReport([exchange({ a: 1 }, { tools: [] })])).toEqual({ messages: 0, faults: [] });
});
