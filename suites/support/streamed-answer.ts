import { randomUUID } from "node:crypto";
import type { GatewayWith } from "../../containers/targets/needs.ts";
import { CheckFailure } from "../../helpers/checks/check-failure.ts";
import { exchangeEvidence } from "../../helpers/checks/evidence.ts";
import { deadlines } from "../../helpers/core/deadlines.ts";
import { decoded } from "../../helpers/protocol/content-encoding.ts";
import { type HeaderLines, header, receivedText } from "../../helpers/protocol/exchange.ts";
import { readEventStream } from "../../helpers/protocol/sse.ts";
import { causeOfHeldStream } from "./held-stream.ts";

/**
 * An answer that takes the model 15 s, in milliseconds between two chunks. Nothing waits for its end: the first chunk must
 * arrive before it, which leaves enough time on a slow machine too.
 */
const slow = { say: "one two three four five six seven eight", stream: { chunks: 10, delayMs: 1_500 } };

/**
 * The same in 8 s, with about 600 bytes in all: compression that waits for its first 1,024 bytes (Traefik's
 * `minResponseBodyBytes`) holds all of it back.
 */
const short = { say: "one two", stream: { chunks: 2, delayMs: 2_000 } };

/**
 * The first chunk of a streamed chat completion arrives while the model is still sending. The model's journal decides, not
 * the clock: on an overloaded machine, chunks that were forwarded one by one can arrive together.
 *
 * @param url of the chat completions
 * @param headers an answer in the content encoding that they accept is decoded as it arrives
 * @param length of the whole answer
 * @throws {CheckFailure} when it arrives after the model sent the last one, or never
 */
export async function expectStreamedChunks(
  gateway: GatewayWith<"scripted-model">,
  { url, headers, model }: { url: string; headers: HeaderLines; model: string },
  length: "slow" | "short" = "slow",
): Promise<void> {
  const token = `stream-${randomUUID()}`;
  await gateway.model.script(token, {
    includes: token,
    turns: [{ slow, short }[length]],
  });
  const stream = await gateway.http.open({
    url,
    method: "POST",
    headers,
    body: JSON.stringify({ model, stream: true, messages: [{ role: "user", content: token }] }),
    deadline: deadlines.agentTurn,
  });
  if (stream.exchange.response === undefined)
    throw new CheckFailure({
      summary: "a streamed chat completion has no response",
      code: "no-response",
      expected: "the head of a response before the first chunk",
      actual: receivedText(stream.exchange),
      evidence: exchangeEvidence(stream.exchange),
      ...(/not within/.test(stream.exchange.error ?? "")
        ? { cause: "LiteLLM takes the request and does not answer; the last lines of its log say what it waits for" }
        : {}),
      location: gateway.deployment.litellm.location,
    });
  const isChunk = (data: string): boolean => /"content": ?"[^"]/.test(data);
  const encoding = header(stream.exchange.response?.headers, "content-encoding");
  const body = decoded(stream.body, encoding);
  const items = await readEventStream({ ...stream, body }, deadlines.agentTurn, (seen) =>
    seen.some((item) => item.kind === "event" && isChunk(item.data)),
  );
  const [entry] = await gateway.model.journal(token);
  const hasArrived = items.some((item) => item.kind === "event" && isChunk(item.data));
  // Reading ends with the first chunk; LiteLLM may have ended the model's stream for that reason by now.
  const isSending = entry !== undefined && (entry.reply === undefined || entry.reply.ended === "abandoned");
  if (hasArrived && isSending) return;
  const refusal = items.find((item) => item.kind === "invalid");
  const { status = 0, headers: answered } = stream.exchange.response ?? {};
  if (refusal !== undefined && status >= 400 && header(answered, "content-type")?.startsWith("application/json"))
    throw new CheckFailure({
      summary: "a streamed chat completion is refused",
      code: "refused",
      expected: "status 200, and a stream",
      actual: `status ${status}`,
      evidence: {
        ...exchangeEvidence(stream.exchange),
        received: `${receivedText(stream.exchange)}\n${refusal.text}`,
      },
      cause: "LiteLLM refuses the prompt, and its message says why",
      location: gateway.deployment.litellm.location,
    });
  throw new CheckFailure({
    summary:
      "the gateway does not forward the first chunk of a streamed chat completion while the model is still sending",
    code: hasArrived ? "buffered-stream" : "no-chunk",
    expected: "the first chunk before the model has sent the last one",
    actual: hasArrived ? "the first chunk after the model had sent the last one" : "no chunk",
    evidence: {
      ...exchangeEvidence(stream.exchange),
      received: [receivedText(stream.exchange), ...items.slice(0, 4).map((item) => JSON.stringify(item))].join("\n"),
    },
    ...causeOfHeldStream(stream.exchange, headers, gateway.deployment),
  });
}
