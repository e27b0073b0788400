import { randomUUID } from "node:crypto";
import { jsonOf } from "../../../helpers/core/text/json.ts";
import { isMessage, type Message } from "../../../helpers/protocol/json-rpc.ts";
import type { Fault, FrontAnswer, FrontRequest } from "./faulty-front.ts";

/** How a gateway keeps sessions. */
export interface SessionRules {
  /** How many it keeps; the next one ends the oldest. Default: all. */
  most?: number;
  /** What a request of an ended or unknown session gets: 404, an answer without a session, or an empty catalogue. */
  ended?: "404" | "served" | "empty";
  /** After so many, it refuses to begin others, with this status. */
  refuses?: { after: number; status: number };
  /** Every client gets the same session. */
  shared?: boolean;
  /** Its answers do not name their session. */
  unnamed?: boolean;
  /** A client that closes the connection during a listing loses its session. */
  dropsLeft?: boolean;
}

/** The sessions of a gateway, made by the front: the LiteLLM behind it gets every request without one. */
export function sessions({ most = Number.POSITIVE_INFINITY, ended = "404", ...rules }: SessionRules): Fault {
  const live = new Set<string>();
  return (request) => {
    const message = messageOf(request);
    // No stream: the front gives a whole answer only.
    if (request.method === "GET") return request.path.startsWith("/mcp") ? { answer: undefined, status: 405 } : request;
    const { "mcp-session-id": id, ...headers } = request.headers;
    const forwarded = { ...request, headers };
    if (message?.method === "initialize") {
      if (rules.refuses !== undefined && live.size >= rules.refuses.after)
        return { answer: { error: "too many sessions" }, status: rules.refuses.status };
      const own = rules.shared ? "the-only-session" : randomUUID();
      live.add(own);
      for (const oldest of live) if (live.size > most) live.delete(oldest);
      return { answer: greeting(message), headers: { "mcp-session-id": own } };
    }
    if (id === undefined) return forwarded;
    if (request.method === "DELETE") return live.delete(id) ? { answer: {} } : { answer: {}, status: 404 };
    if (!live.has(id)) {
      if (ended === "404") return { answer: { error: "no such session" }, status: 404 };
      if (ended === "empty") return { answer: { jsonrpc: "2.0", id: message?.id, result: { tools: [] } } };
      return { request: forwarded, answered: (answer) => named(answer, undefined) };
    }
    if (message !== undefined && message.id === undefined) return { answer: undefined, status: 202 };
    return {
      request: forwarded,
      answered: (answer) => named(answer, rules.unnamed ? undefined : id),
      left: () => {
        if (rules.dropsLeft) live.delete(id);
      },
    };
  };
}

/** A gateway that loses an upstream when a client leaves during a listing: no tool of it can be called any longer. */
export function losesAbortedListings(server: string): Fault {
  let isLost = false;
  return (request) => {
    const message = messageOf(request);
    if (message?.method === "tools/list")
      return {
        request,
        answered: (answer) => answer,
        left: () => {
          isLost = true;
        },
      };
    return isLost && calledTool(message)?.startsWith(server) === true ? unknownTool(message) : request;
  };
}

/** A gateway that calls only what it has listed before. */
export function callsOnlyListed(): Fault {
  const listed = new Set<string>();
  return (request) => {
    const message = messageOf(request);
    if (message?.method === "tools/list") {
      const answered = (answer: FrontAnswer): FrontAnswer => {
        for (const [, name] of answer.body.matchAll(/"name":"([^"]+)"/g)) listed.add(String(name));
        return answer;
      };
      return { request, answered };
    }
    const tool = calledTool(message);
    return tool === undefined || listed.has(tool) ? request : unknownTool(message);
  };
}

function unknownTool(message: Message | undefined): ReturnType<Fault> {
  return { answer: { jsonrpc: "2.0", id: message?.id, error: { code: -32602, message: "Unknown tool" } } };
}

function calledTool(message: Message | undefined): string | undefined {
  if (message?.method !== "tools/call" || !isMessage(message.params)) return undefined;
  return String(message.params.name);
}

function messageOf({ body }: FrontRequest): Message | undefined {
  const message = jsonOf(body);
  return isMessage(message) ? message : undefined;
}

/** Not LiteLLM's: a hundred handshakes of its own would take 15 s. */
function greeting({ id, params }: Message): Message {
  const protocolVersion = isMessage(params) ? params.protocolVersion : undefined;
  const serverInfo = { name: "front", version: "1.0.0" };
  return { jsonrpc: "2.0", id, result: { protocolVersion, capabilities: { tools: {} }, serverInfo } };
}

function named(answer: FrontAnswer, id: string | undefined): FrontAnswer {
  const { "mcp-session-id": _, ...headers } = answer.headers;
  return { ...answer, headers: id === undefined ? headers : { ...headers, "mcp-session-id": id } };
}
