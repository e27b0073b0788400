import type { GatewayTarget } from "../../../containers/targets/needs.ts";
import { CheckFailure } from "../../../helpers/checks/check-failure.ts";
import { exchangeEvidence } from "../../../helpers/checks/evidence.ts";
import { atLeast } from "../../../helpers/deployment/litellm/version.ts";
import { type Exchange, header, receivedText } from "../../../helpers/protocol/exchange.ts";
import { readEventStream, type StreamItem } from "../../../helpers/protocol/sse.ts";
import { expectAnyServer } from "../../support/any-server.ts";
import { causeOfBufferedAnswer, type HeldStreamCause } from "../../support/held-stream.ts";
import { statusText } from "./error-answers.ts";

/** What a stream carried up to its first item, and when. */
export interface WatchedStream {
  exchange: Exchange;
  items: readonly StreamItem[];
  /** Milliseconds from the request to the response's head. */
  headAfter: number;
  /** Milliseconds from the request to the first heartbeat; infinite when there was none. */
  heartbeatAfter: number;
}

/** One watched stream, or two when the first one was late. */
export type WatchedStreams = readonly [WatchedStream, ...WatchedStream[]];

/** The head is late after this time, in milliseconds: a person would notice it. LiteLLM 1.106.2 takes 15 s. */
export const latestHead = 2_000;

/** How much later than its period a heartbeat may come, in milliseconds: the slack of a scheduler, not a measure of speed. */
const heartbeatSlack = 5_000;

/**
 * The policy's stream, watched once for all checks, because a heartbeat takes its whole period. It is watched a second
 * time when something was late: an overloaded machine is late once, a late gateway is late each time.
 *
 * @throws {CheckFailure} `no-answer`, or `no-stream` when the response is not an event stream
 */
export async function watchedStreams(gateway: GatewayTarget): Promise<WatchedStreams> {
  expectAnyServer(gateway);
  const stream = gateway.streamPath;
  const streams = await gateway.once
    .do("the tools stream", () => watchUntilInTime(gateway))
    .catch((error: Error) => {
      throw noAnswer(gateway, error.message);
    });
  for (const { exchange } of streams) {
    if (exchange.response === undefined) throw noAnswer(gateway, receivedText(exchange), exchange);
    const type = header(exchange.response?.headers, "content-type");
    if (exchange.response?.status === 200 && type?.startsWith("text/event-stream")) continue;
    throw new CheckFailure({
      summary: `GET ${stream} opens no event stream`,
      code: "no-stream",
      expected: "status 200, text/event-stream",
      actual: `${statusText(exchange)}, ${type ?? "no content type"}`,
      evidence: exchangeEvidence(exchange),
    });
  }
  return streams;
}

function noAnswer(gateway: GatewayTarget, actual: string, exchange?: Exchange): CheckFailure {
  return new CheckFailure({
    summary: `GET ${gateway.streamPath} has no answer`,
    code: "no-answer",
    expected: `an event stream within ${longestWait(gateway) / 1000} s`,
    actual,
    ...whyUnanswered(gateway, exchange),
    ...(exchange === undefined ? {} : { evidence: exchangeEvidence(exchange) }),
  });
}

function whyUnanswered(gateway: GatewayTarget, exchange: Exchange | undefined): HeldStreamCause {
  const buffered = exchange && causeOfBufferedAnswer(exchange, gateway.deployment);
  if (buffered !== undefined) return buffered;
  if (!collectsStreams(gateway))
    return { cause: "LiteLLM sends nothing before its first heartbeat, and not even that" };
  return {
    cause:
      "LiteLLM before 1.92.0 collects the whole response at /SERVER/mcp before it sends any of it (BerriAI/litellm#22073)",
    fix: "use /mcp/SERVER, or LiteLLM 1.92.0 or newer",
  };
}

/** By LiteLLM's source: 1.77.5 to 1.83.0 do, and 1.77.1 has no such path. */
function collectsStreams({ streamPath, deployment }: GatewayTarget): boolean {
  const { version } = deployment.litellmConfig;
  return /^\/[^/]+\/mcp$/.test(streamPath) && atLeast(version, "1.77.5") && !atLeast(version, "1.92.0");
}

/** Whether the head came without delay. */
export function isHeadInTime({ headAfter }: WatchedStream): boolean {
  return headAfter <= latestHead;
}

/** Whether the first heartbeat came within its period. */
export function isHeartbeatInTime(gateway: GatewayTarget, { heartbeatAfter }: WatchedStream): boolean {
  return heartbeatAfter <= gateway.policy.mcp.heartbeatSeconds * 1000 + heartbeatSlack;
}

async function watchUntilInTime(gateway: GatewayTarget): Promise<WatchedStreams> {
  const first = await watch(gateway);
  const inTime = isHeadInTime(first) && isHeartbeatInTime(gateway, first);
  if (first.exchange.response?.status !== 200 || inTime) return [first];
  return [first, await watch(gateway)];
}

async function watch(gateway: GatewayTarget): Promise<WatchedStream> {
  const deadline = longestWait(gateway);
  const opened = await gateway.http.open({
    url: gateway.url(gateway.streamPath),
    headers: [
      ["Accept", "text/event-stream"],
      ["Authorization", `Bearer ${gateway.masterKey}`],
    ],
    deadline,
  });
  const items = await readEventStream(opened, deadline, (seen) => seen.length > 0);
  const headAfter = opened.exchange.response?.headAfter ?? Number.POSITIVE_INFINITY;
  return {
    exchange: opened.exchange,
    items,
    headAfter,
    heartbeatAfter: headAfter + (items[0]?.after ?? Number.POSITIVE_INFINITY),
  };
}

/** Twice the period, in milliseconds: a late heartbeat is distinguished from none. */
function longestWait(gateway: GatewayTarget): number {
  return 2 * gateway.policy.mcp.heartbeatSeconds * 1000;
}
