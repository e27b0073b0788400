import { deadlines } from "../../../helpers/core/deadlines.ts";
import type { Exchange, HeaderLines } from "../../../helpers/protocol/exchange.ts";

/** Whoever takes a request to LiteLLM: the gateway, or the trial. */
interface Target {
  send(request: {
    path: string;
    method: string;
    headers: HeaderLines;
    bearer?: string;
    body: string;
    deadline: number;
    invalidOnPurpose?: boolean;
  }): Promise<Exchange>;
}

export interface RpcOptions {
  path: string;
  method: string;
  params?: Record<string, unknown>;
  /** Null for a notification. */
  id?: number | string | null;
  bearer?: string;
  /** Beside the two that every MCP request has. */
  headers?: HeaderLines;
  /** Milliseconds. */
  deadline?: number;
  invalidOnPurpose?: boolean;
}

/** What MCP demands of every POST (transports, sending messages to the server). */
export const mcpHeaders: HeaderLines = [
  ["Content-Type", "application/json"],
  ["Accept", "application/json, text/event-stream"],
];

/** One JSON-RPC request, as a client without a library sends it. */
export async function rpc(
  target: Target,
  { path, method, params, id = 1, bearer, headers = [], deadline = deadlines.mcpRequest, invalidOnPurpose }: RpcOptions,
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
    ...(invalidOnPurpose ? { invalidOnPurpose } : {}),
  });
}

/** The parameters of `initialize`. */
export function initialize(protocolVersion: string): Record<string, unknown> {
  return { protocolVersion, capabilities: {}, clientInfo: { name: "gateway-conformance", version: "1.0.0" } };
}
