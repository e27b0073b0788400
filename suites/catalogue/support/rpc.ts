import { deadlines } from "../../../helpers/core/deadlines.ts";
import type { Exchange, HeaderLines } from "../../../helpers/protocol/exchange.ts";
import { resultOf } from "../../../helpers/protocol/json-rpc.ts";

/** One JSON-RPC message to an MCP endpoint. */
export interface RpcOptions {
  path: string;
  method: string;
  params?: Record<string, unknown>;
  /** Null for a notification; default: 1. */
  id?: number | string | null;
  bearer?: string;
  /** In addition to the two that every MCP request has. */
  headers?: HeaderLines;
  /** Milliseconds. */
  deadline?: number;
  /** Closes the connection when it fires. */
  signal?: AbortSignal;
  invalidOnPurpose?: boolean;
}

/** Sends requests to LiteLLM: the gateway or the test gateway. */
export interface RpcTarget {
  send(request: {
    path: string;
    method: string;
    headers: HeaderLines;
    bearer?: string;
    body: string;
    deadline: number;
    signal?: AbortSignal;
    invalidOnPurpose?: boolean;
  }): Promise<Exchange>;
}

/** The headers that MCP requires for every POST (transports, sending messages to the server). */
export const mcpHeaders: HeaderLines = [
  ["Content-Type", "application/json"],
  ["Accept", "application/json, text/event-stream"],
];

/** Sends one JSON-RPC message without a client library. */
export async function rpc(
  target: RpcTarget,
  {
    path,
    method,
    params,
    id = 1,
    bearer,
    headers = [],
    deadline = deadlines.mcpRequest,
    signal,
    invalidOnPurpose,
  }: RpcOptions,
): Promise<Exchange> {
  return await target.send({
    path,
    method: "POST",
    headers: [...mcpHeaders, ...headers],
    ...(bearer === undefined ? {} : { bearer }),
    body: JSON.stringify({
      jsonrpc: "2.0",
      ...(id === null ? {} : { id }),
      method,
      ...(params === undefined ? {} : { params }),
    }),
    deadline,
    ...(signal === undefined ? {} : { signal }),
    ...(invalidOnPurpose ? { invalidOnPurpose } : {}),
  });
}

/** The parameters of `initialize`. */
export function initializeParams(protocolVersion: string): Record<string, unknown> {
  return { protocolVersion, capabilities: {}, clientInfo: { name: "gateway-conformance", version: "1.0.0" } };
}

/** Names of the tools in the answer to a `tools/list` with the id 1; empty when it contains none. */
export function toolNamesIn(exchange: Exchange): string[] {
  const tools = resultOf(exchange, 1)?.tools;
  return Array.isArray(tools) ? tools.map(({ name }: { name: string }) => name) : [];
}
