import type { GatewayTarget } from "../../../containers/targets/needs.ts";
import { CheckFailure } from "../../../helpers/checks/check-failure.ts";
import { NotSupported } from "../../../helpers/checks/classify.ts";
import { exchangeEvidence } from "../../../helpers/checks/evidence.ts";
import { deadlines } from "../../../helpers/core/deadlines.ts";
import { placeAtHost } from "../../../helpers/deployment/clients/host-place.ts";
import { chatModels } from "../../../helpers/deployment/litellm/chat-models.ts";
import { hasSettings, isInService } from "../../../helpers/deployment/policy/configured-client.ts";
import { type Exchange, type HeaderLines, header, receivedText } from "../../../helpers/protocol/exchange.ts";
import type { HttpRequest } from "../../../helpers/protocol/recording-client.ts";
import { readEventStream } from "../../../helpers/protocol/sse.ts";
import { settingsOf } from "./client-settings/client-settings.ts";
import { endpointFaults } from "./client-settings/endpoint-faults.ts";
import { codexConfig, keysOf } from "./codex-config.ts";
import { clientOf, secretValue } from "./policy-lookup.ts";

/** Where a chat client sends its requests, with which key, and for which model. */
export interface ChatAccess {
  /** Base URL of the model's API. */
  url: string;
  key: string;
  model: string;
  /** How many tool servers the client's config names; undefined when the policy names no chat client. */
  toolServers: number | undefined;
}

/**
 * The address and key in the settings of Open WebUI where the policy names it, else those in Codex's. Those of a service that
 * PROMPT-09 finds wrong are not used: what follows from them says nothing of the gateway.
 *
 * @throws {CheckFailure} when LiteLLM's config lacks the policy's models, or the client's config names no model provider
 * @throws {NotSupported} where neither names a model: those in LiteLLM's database are not known here; and where a service's settings
 *   are wrong and there is no Codex
 */
export async function chatAccess(gateway: GatewayTarget): Promise<ChatAccess> {
  const chat = clientOf(gateway, "open-webui");
  if (chat === undefined || !hasSettings(chat)) return await codexAccess(gateway);
  const settings = settingsOf(gateway.deployment, chat);
  const { endpoints, location } = settings;
  const places = endpoints.map(({ url }) => placeAtHost(gateway.deployment, chat, url));
  const isAtTheHost = places.some((place) => place !== undefined && place.leadsTo !== "gateway");
  const isWrong = (): boolean =>
    settings.faults.length + endpointFaults(settings, gateway.deployment, { redirectsWithoutSlash: false }).length > 0;
  if (isInService(chat) && (isAtTheHost || isWrong())) {
    if (clientOf(gateway, "codex") !== undefined) return await codexAccess(gateway);
    throw new NotSupported(
      isAtTheHost
        ? `the address in the settings of the service ${chat.service} leads to the host itself, and not to the gateway, as far as the files say`
        : `the settings of the service ${chat.service} are wrong: PROMPT-09 says how`,
    );
  }
  const model = lastModel(gateway);
  const endpoint = endpoints.find((one) => one.for === "model");
  if (endpoint === undefined)
    throw new CheckFailure({
      summary: "Open WebUI's config names no model provider",
      code: "no-endpoint",
      expected: "OPENAI_API_BASE_URL or OPENAI_API_BASE_URLS",
      actual: "neither",
      location,
    });
  return {
    url: gateway.asCalled(chat, endpoint.url).replace(/\/$/, ""),
    key: secretValue(gateway, endpoint.keyVariable) ?? endpoint.keyText ?? "",
    toolServers: endpoints.filter((one) => one.for === "mcp").length,
    model,
  };
}

/**
 * The same for a chat client on the network of the agent: the names in the settings of one in a service lead nowhere there, so that
 * those of Codex count.
 *
 * @throws as {@link chatAccess}
 */
export async function chatAccessOfAgent(gateway: GatewayTarget): Promise<ChatAccess> {
  const chat = clientOf(gateway, "open-webui");
  return chat !== undefined && isInService(chat) ? await codexAccess(gateway) : await chatAccess(gateway);
}

async function codexAccess(gateway: GatewayTarget): Promise<ChatAccess> {
  const config = await codexConfig(gateway);
  const [key = ""] = Object.values(keysOf(gateway, config));
  return {
    url: config.modelUrl,
    key,
    toolServers: undefined,
    model: config.file === undefined ? config.model : lastModel(gateway, config.model),
  };
}

/**
 * The last model of LiteLLM's config that answers chats; without one, its last model. The first one is the agent's. Of a config of patterns only, a model that the policy names, or
 * the agent's.
 *
 * @param agents the model of the agent
 */
function lastModel({ deployment, policy }: GatewayTarget, agents = "*"): string {
  const { file, models } = deployment.litellmConfig;
  const isName = (name: string | undefined): name is string => name !== undefined && !name.includes("*");
  const stated = policy.models.at(-1)?.name;
  const others = models.length === 0 ? [] : [stated, agents];
  const listed = [...models.map(({ value }) => value), ...chatModels(deployment.litellmConfig)];
  const model = [...listed.toReversed(), ...others].find(isName);
  if (model !== undefined) return model;
  if (stated === undefined)
    throw new NotSupported(
      models.length === 0
        ? "neither the policy nor LiteLLM's config names a model"
        : "LiteLLM's config names its models by patterns only, and the policy names none under 'models'",
    );
  throw new CheckFailure({
    summary: "LiteLLM's config names no model",
    code: "no-model",
    expected: "at least one entry in model_list",
    actual: "none",
    location: { file, line: 1 },
  });
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

/** Sends a JSON request and reads the response to its end. */
export async function post(gateway: GatewayTarget, url: string, headers: HeaderLines, body: object): Promise<Exchange> {
  return await gateway.http.send(request(url, headers, body));
}

/** The JSON of one event of a streamed response. */
export type StreamedEvent = Readonly<Record<string, unknown>>;

/**
 * Sends a streaming request and reads the response to its end.
 *
 * @throws {CheckFailure} when the response is not an event stream, has an event that is not JSON, or ends without `[DONE]`
 */
export async function streamed(
  gateway: GatewayTarget,
  url: string,
  headers: HeaderLines,
  body: object,
): Promise<{ events: StreamedEvent[]; exchange: Exchange }> {
  const { exchange, ...stream } = await opened(gateway, request(url, headers, body));
  const isEnd = (item: { kind: string; data?: string }): boolean => item.kind === "event" && item.data === "[DONE]";
  const items = await readEventStream(stream, deadlines.agentTurn, (seen) => seen.some(isEnd));
  const evidence = exchangeEvidence(exchange);
  if (!items.some(isEnd))
    throw new CheckFailure({
      summary: "the event stream ends without [DONE]",
      code: "unfinished-stream",
      expected: "[DONE] as the last event",
      actual: `${items.length} events without it`,
      evidence: { ...evidence, received: JSON.stringify(items.slice(-3)) },
    });
  const events = items.flatMap((item): StreamedEvent[] => {
    if (item.kind === "comment" || isEnd(item)) return [];
    const text = item.kind === "event" ? item.data : item.text;
    try {
      return [JSON.parse(text) as StreamedEvent];
    } catch {
      throw new CheckFailure({
        summary: "an event of the stream is not JSON",
        code: "malformed-event",
        expected: "JSON",
        actual: text.slice(0, 200),
        evidence,
      });
    }
  });
  return { events, exchange };
}

/** @throws {CheckFailure} when the response is not an event stream */
async function opened(
  gateway: GatewayTarget,
  sent: HttpRequest,
): Promise<Awaited<ReturnType<GatewayTarget["http"]["open"]>>> {
  const stream = await gateway.http.open(sent);
  const { response } = stream.exchange;
  const type = header(response?.headers, "content-type") ?? "";
  if (response?.status === 200 && type.startsWith("text/event-stream")) return stream;
  let text = "";
  for await (const piece of stream.body) text += piece.toString("utf8");
  throw new CheckFailure({
    summary: "the response to a streaming request is not an event stream",
    code: "no-event-stream",
    expected: "200 with text/event-stream",
    actual: response === undefined ? "no response" : `${response.status} with ${type || "no content type"}`,
    evidence: {
      ...exchangeEvidence(stream.exchange),
      received: `${receivedText(stream.exchange)}\n${text.slice(0, 600)}`,
    },
  });
}

function request(url: string, headers: HeaderLines, body: object): HttpRequest {
  return { url, method: "POST", headers, body: JSON.stringify(body), deadline: deadlines.agentTurn };
}
