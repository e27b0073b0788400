import { setTimeout as pause } from "node:timers/promises";
import type { FetchLike } from "@modelcontextprotocol/sdk/shared/transport.js";
import { pollInterval } from "../core/deadlines.ts";
import { type Exchange, header } from "./exchange.ts";

const sessionHeader = "mcp-session-id";

/** A server that loses every session must fail the check, not be asked for ever. */
const mostSessions = 5;

/**
 * `fetch` for one session of the SDK's client over streamable HTTP. Where the server answers a request of the session
 * with 404, it starts a new session and sends the request again. The specification demands this of clients (MCP
 * 2025-11-25, Transports, Session Management), and the SDK's client does not do it. LiteLLM 1.106.2 needs it at `/mcp`
 * without a slash: it ends a session right after `initialize`, and a request that arrives meanwhile is answered with
 * 404 "Session not found". Sessions that are started again at once can meet the same moment: each waits longer.
 *
 * @param onRenewal called for each new session
 */
export function renewingSession(fetch: FetchLike, onRenewal: () => void = () => {}): FetchLike {
  let opening: [url: string | URL, init: RequestInit] | undefined;
  let current: string | undefined;
  let sessions = 1;

  async function openNewSession(): Promise<string | undefined> {
    if (opening === undefined || sessions === mostSessions) return undefined;
    const [url, init] = opening;
    await pause(pollInterval * sessions * (1 + Math.random()));
    sessions++;
    onRenewal();
    const answer = await fetch(url, init);
    await answer.text();
    const id = answer.headers.get(sessionHeader);
    if (!answer.ok || id === null) return undefined;
    const body = JSON.stringify({ jsonrpc: "2.0", method: "notifications/initialized" });
    const initialized = await fetch(url, { ...withSession(init, id), body });
    await initialized.text();
    current = id;
    return id;
  }

  return async (url, init = {}) => {
    if (isInitialize(init)) {
      opening = [url, init];
      const answer = await fetch(url, init);
      current = answer.headers.get(sessionHeader) ?? undefined;
      return answer;
    }
    for (;;) {
      const used = current;
      const isOfSession = used !== undefined && new Headers(init.headers).has(sessionHeader);
      const answer = await fetch(url, isOfSession ? withSession(init, used) : init);
      if (!isOfSession || answer.status !== 404 || init.method === "DELETE") return answer;
      // Another request of the session may have started the new one already.
      if (current === used && (await openNewSession()) === undefined) return answer;
      await answer.body?.cancel();
    }
  };
}

/**
 * Whether a server at this URL returned a session id for `initialize`, and none for the session's later requests. The
 * Python SDK, which LiteLLM uses, names the session in each answer for as long as the session lives.
 */
export function losesItsSession(exchanges: readonly Exchange[], url: string): boolean {
  const answered = exchanges.filter(({ request, response }) => request.url === url && response?.status === 200);
  const [first, later] = [false, true].map((isLater) =>
    answered.filter(({ request }) => (header(request.headers, sessionHeader) !== undefined) === isLater),
  );
  const hasSession = ({ response }: Exchange): boolean => header(response?.headers, sessionHeader) !== undefined;
  return first?.some(hasSession) === true && later?.some((exchange) => !hasSession(exchange)) === true;
}

function withSession(init: RequestInit, id: string): RequestInit {
  const headers = new Headers(init.headers);
  headers.set(sessionHeader, id);
  return { ...init, headers };
}

function isInitialize({ body }: RequestInit): boolean {
  return typeof body === "string" && (JSON.parse(body) as { method?: string }).method === "initialize";
}
