import { readFile } from "node:fs/promises";
import type { GatewayTarget } from "../../../containers/targets/needs.ts";
import { CheckFailure } from "../../../helpers/checks/check-failure.ts";
import { deadlines } from "../../../helpers/core/deadlines.ts";
import type { Exchange, HeaderLines } from "../../../helpers/protocol/exchange.ts";
import type { HttpRequest } from "../../../helpers/protocol/recording-client.ts";
import { readEventStream } from "../../../helpers/protocol/sse.ts";
import { clientSettings } from "./client-endpoints.ts";
import { clientOf } from "./client-of.ts";
import { codexConfig, keysOf } from "./codex-config.ts";

/** Where a chat client sends its requests, and with which key. */
export interface ChatAim {
  /** Base URL of the model's API. */
  url: string;
  key: string;
  /** Whether the client's config names a tool server at all; undefined when the policy names no such client. */
  toolServers: number | undefined;
  model: string;
}

/** Open WebUI's own aim where the policy names it; else the one of any client. */
export async function chatAim(gateway: GatewayTarget): Promise<ChatAim> {
  // The last one: the first is the agent's.
  const model = gateway.deployment.litellmConfig.models.at(-1)?.value;
  if (model === undefined) throw new CheckFailure({ summary: "LiteLLM's config names no model" });
  const chat = clientOf(gateway, "open-webui");
  if (chat === undefined) {
    const config = await codexConfig(gateway);
    const [key = ""] = Object.values(keysOf(gateway, config));
    return { url: config.modelUrl, key, toolServers: undefined, model };
  }
  const { endpoints } = clientSettings(chat, await readFile(chat.config, "utf8"));
  const endpoint = endpoints.find((one) => one.for === "model");
  if (endpoint === undefined)
    throw new CheckFailure({
      summary: "Open WebUI's config names no model provider",
      location: { file: chat.config, line: 1 },
    });
  return {
    url: endpoint.url.replace(/\/$/, ""),
    key: gateway.canaries.secrets.get(endpoint.keyVariable ?? "") ?? endpoint.keyText ?? "",
    toolServers: endpoints.filter((one) => one.for === "mcp").length,
    model,
  };
}

/** The headers that Open WebUI sends to its provider (0.6.31, with ENABLE_FORWARD_USER_INFO_HEADERS). */
export function openWebUiHeaders(key: string): HeaderLines {
  return [
    ["Authorization", `Bearer ${key}`],
    ["Content-Type", "application/json"],
    ["Accept", "*/*"],
    ["X-OpenWebUI-User-Name", "Ada"],
    ["X-OpenWebUI-User-Id", "0b6a2c9e-3d1f-4f57-9f0b-1b2c3d4e5f60"],
    ["X-OpenWebUI-User-Email", "ada@linuxserver.lan"],
    ["X-OpenWebUI-User-Role", "user"],
    ["X-OpenWebUI-Chat-Id", "5f60-chat"],
  ];
}

/** Sends a JSON request and reads the answer to its end. */
export async function post(gateway: GatewayTarget, url: string, headers: HeaderLines, body: object): Promise<Exchange> {
  return await gateway.wire.send(request(url, headers, body));
}

/** One event of a streamed answer. */
export interface Piece {
  /** The event's JSON. */
  data: Readonly<Record<string, unknown>>;
}

/**
 * Sends a streaming request and reads the answer to its end.
 *
 * @throws {CheckFailure} when no event stream comes, when it carries what is no JSON, or when it has no end
 */
export async function streamed(
  gateway: GatewayTarget,
  url: string,
  headers: HeaderLines,
  body: object,
): Promise<Piece[]> {
  const stream = await gateway.wire.open(request(url, headers, body));
  const { response } = stream.exchange;
  const type = response?.headers.find(([name]) => name.toLowerCase() === "content-type")?.[1] ?? "";
  const told = { sent: `POST ${url} with stream: true`, received: `${response?.status} ${type}` };
  if (response?.status !== 200 || !type.startsWith("text/event-stream")) {
    let text = "";
    for await (const piece of stream.body) text += piece.toString("utf8");
    throw new CheckFailure({
      ...told,
      summary: "no event stream comes",
      evidence: { received: `${told.received}\n${text.slice(0, 600)}` },
    });
  }
  const items = await readEventStream(stream, deadlines.agentTurn, (seen) =>
    seen.some((item) => item.kind === "event" && item.data === "[DONE]"),
  );
  if (!items.some((item) => item.kind === "event" && item.data === "[DONE]"))
    throw new CheckFailure({
      ...told,
      summary: "the stream ends without [DONE]",
      evidence: { received: JSON.stringify(items.slice(-3)) },
    });
  return items.flatMap((item): Piece[] => {
    if (item.kind === "comment" || (item.kind === "event" && item.data === "[DONE]")) return [];
    const text = item.kind === "event" ? item.data : item.text;
    try {
      return [{ data: JSON.parse(text) as Piece["data"] }];
    } catch {
      throw new CheckFailure({ ...told, summary: `the stream carries what is no JSON: ${text.slice(0, 200)}` });
    }
  });
}

function request(url: string, headers: HeaderLines, body: object): HttpRequest {
  return { url, method: "POST", headers, body: JSON.stringify(body), deadline: deadlines.agentTurn };
}
