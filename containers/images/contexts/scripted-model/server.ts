import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { type Api, answerOf, type Conversation, type Envelope, tokensIn } from "./answer.ts";
import { chatCompletions } from "./chat-completions.ts";
import { Journal, keptHeaders, nameKey } from "./journal.ts";
import type { JournalEntry, Turn } from "./protocol.ts";
import { responses } from "./responses.ts";
import { nextTurn, parseScript, ScriptError, Scripts } from "./script.ts";
import { disconnect, hang, type Sent, sendEvents, sendJson } from "./send.ts";
import { displayName } from "./tools.ts";

/** The APIs that answer by script, by path. */
const apis: Readonly<Record<string, Api>> = { "/v1/responses": responses, "/v1/chat/completions": chatCompletions };

/** How a request was answered, and the body for the journal. */
type Replied = Sent & { body?: unknown };

/**
 * An OpenAI-compatible model that answers by scripts and records every request.
 *
 * `PUT` and `DELETE /_scripts/<id>`, `GET /_journal[?script=<id>|?unscripted]` and `GET /_health` are for checks;
 * everything else is the provider's API. A request that matches no script is answered with 400, so that no check passes
 * by chance.
 */
export function createModelServer(): Server {
  const scripts = new Scripts();
  const journal = new Journal();
  return createServer((request, response) => {
    void readBody(request)
      .then(async (text) => {
        const url = new URL(request.url ?? "/", "http://model");
        if (url.pathname.startsWith("/_")) await control({ request, response, url, text, scripts, journal });
        else await provide({ request, response, url, text, scripts, journal });
      })
      .catch((error: unknown) => {
        // The client closed the connection during its request, or this server has a fault: write it to the log.
        console.error(`${request.method} ${request.url}:`, error);
        if (!response.headersSent) void sendJson(response, 500, failure(String(error), "server_error", null));
        else response.destroy();
      });
  });
}

interface Exchange {
  request: IncomingMessage;
  response: ServerResponse;
  url: URL;
  /** The request's body. */
  text: string;
  scripts: Scripts;
  journal: Journal;
}

async function control({ request, response, url, text, scripts, journal }: Exchange): Promise<void> {
  const [, folder, id] = url.pathname.split("/").map(decodeURIComponent);
  const what = `${request.method} ${folder}`;
  if (what === "GET _health") await sendJson(response, 200, { status: "ok", scripts: scripts.size });
  else if (what === "GET _journal") {
    const script = url.searchParams.has("unscripted") ? null : (url.searchParams.get("script") ?? undefined);
    await sendJson(response, 200, journal.entries(script));
  } else if (what === "PUT _scripts" && id) {
    try {
      scripts.put(id, parseScript(parseJson(text)));
      await sendJson(response, 200, { id });
    } catch (error) {
      if (!(error instanceof ScriptError)) throw error;
      await sendJson(response, 400, failure(error.message, "invalid_script"));
    }
  } else if (what === "DELETE _scripts" && id) {
    journal.forget(id);
    const found = scripts.delete(id);
    await sendJson(response, found ? 200 : 404, found ? { id } : failure(`no script ${id}`, "no_such_script"));
  } else
    await sendJson(response, 404, failure(`no such endpoint: ${request.method} ${url.pathname}`, "no_such_endpoint"));
}

async function provide(exchange: Exchange): Promise<void> {
  const { request, url, text, scripts, journal } = exchange;
  const body = parseJson(text);
  const api = request.method === "POST" ? apis[url.pathname] : undefined;
  const conversation = api?.read(body);
  let matching: ReturnType<Scripts["matching"]>;
  let problem: string | undefined;
  try {
    matching = scripts.matching(body);
  } catch (error) {
    if (!(error instanceof ScriptError)) throw error;
    problem = error.message;
  }
  const entry = journal.begin({
    script: matching?.id ?? null,
    at: new Date().toISOString(),
    method: request.method ?? "",
    path: `${url.pathname}${url.search}`,
    headers: keptHeaders(request),
    providerKey: nameKey(request, matching?.script.providerKeys),
    body: body ?? text,
    toolsOffered: conversation?.offered.map(displayName) ?? [],
  });
  const reply = async (): Promise<Replied> => {
    if (api === undefined || conversation === undefined) return await replyUnscripted(exchange);
    if (problem !== undefined) return await refuse(exchange, problem, "ambiguous_script");
    if (matching === undefined)
      return await refuse(
        exchange,
        `no script matches this request (${scripts.size} scripts are active)`,
        "unscripted_request",
      );
    return await replyByScript({ ...exchange, entry, api, conversation, body, turns: matching.script.turns });
  };
  journal.end(entry, await reply());
}

interface ScriptedExchange extends Exchange {
  entry: JournalEntry;
  api: Api;
  conversation: Conversation;
  body: unknown;
  turns: readonly Turn[];
}

async function replyByScript(exchange: ScriptedExchange): Promise<Replied> {
  const { response, entry, conversation, turns } = exchange;
  let next: ReturnType<typeof nextTurn>;
  try {
    next = nextTurn(turns, conversation.toolResults.length);
  } catch (error) {
    if (!(error instanceof ScriptError)) throw error;
    return await refuse(exchange, `script ${entry.script}: ${error.message}`, "no_turn");
  }
  entry.turn = next.index;
  const { turn } = next;
  if ("hang" in turn) return await hang(response);
  if ("disconnect" in turn) return disconnect(response);
  if ("fail" in turn) {
    const { status, headers } = turn.fail;
    const body = turn.fail.body ?? failure("the script asks for this error", "scripted_failure", status);
    return { ...(await sendJson(response, status, body, headers)), body };
  }
  return await answer(exchange, turn);
}

async function answer(
  exchange: ScriptedExchange,
  turn: Extract<Turn, { say: unknown } | { call: unknown }>,
): Promise<Replied> {
  const { response, text, entry, api, conversation, body } = exchange;
  const found = answerOf(turn, conversation, (index) => `call_${entry.sequence}_${index}`);
  if (found.toolNotOffered !== undefined) entry.toolNotOffered = found.toolNotOffered;
  const envelope: Envelope = {
    id: String(entry.sequence),
    createdAt: Math.floor(Date.now() / 1000),
    usage: { input: tokensIn(text), output: tokensIn(JSON.stringify(found.answer)) },
  };
  const whole = api.whole(found.answer, envelope, body);
  const sent = conversation.stream
    ? await sendEvents(response, api.events(found.answer, envelope, body, turn.stream ?? {}), turn.stream ?? {})
    : await sendJson(response, 200, whole);
  const kept = Object.entries(whole).filter(([name]) => !api.echoes.includes(name));
  return { ...sent, body: Object.fromEntries(kept) };
}

async function replyUnscripted(exchange: Exchange): Promise<Replied> {
  const { request, response, url } = exchange;
  if (request.method === "GET" && url.pathname === "/v1/models") {
    const body = { object: "list", data: [{ id: "scripted-model", object: "model", created: 0, owned_by: "suite" }] };
    return { ...(await sendJson(response, 200, body)), body };
  }
  // No response is stored: a client that continues a conversation must send all of it.
  return await refuse(exchange, `no such endpoint: ${request.method} ${url.pathname}`, "not_found", 404);
}

async function refuse({ response }: Exchange, message: string, code: string, status = 400): Promise<Replied> {
  const body = failure(message, code, status);
  return { ...(await sendJson(response, status, body)), body };
}

/** An error in OpenAI's format. */
function failure(message: string, code: string, status: number | null = 400): object {
  const type = status === null || status >= 500 ? "server_error" : "invalid_request_error";
  return { error: { message: `scripted model: ${message}`, type, param: null, code } };
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString("utf8");
}

/** The value, or undefined if the text is not JSON. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

if (import.meta.main) {
  const server = createModelServer();
  // Without a host Node listens on `::` for both families, or on 0.0.0.0 where IPv6 is off.
  server.listen(Number(process.env.PORT ?? 8080));
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    // Process 1 of a container has no default signal handlers.
    process.once(signal, () => {
      server.close(() => process.exit(0));
      server.closeAllConnections();
    });
  }
}
