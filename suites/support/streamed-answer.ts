import { randomUUID } from "node:crypto";
import type { GatewayWith } from "../../containers/targets/needs.ts";
import { CheckFailure } from "../../helpers/checks/check-failure.ts";
import { exchangeEvidence } from "../../helpers/checks/evidence.ts";
import { deadlines } from "../../helpers/core/deadlines.ts";
import { type HeaderLines, receivedText } from "../../helpers/protocol/exchange.ts";
import { readEventStream } from "../../helpers/protocol/sse.ts";

/**
 * An answer that takes the model 15 s, in milliseconds between two chunks. Nothing waits for its end: the first chunk must
 * arrive before it, which leaves enough time on a slow machine too.
 */
const slow = { chunks: 10, delayMs: 1_500 };

/**
 * The first chunk of a streamed chat completion arrives while the model is still sending. The model's journal decides, not
 * the clock: on an overloaded machine, chunks that were forwarded one by one can arrive together.
 *
 * @param url of the chat completions
 * @throws {CheckFailure} when it arrives after the model sent the last one, or never
 */
export async function expectStreamedChunks(
  gateway: GatewayWith<"scripted-model">,
  { url, headers, model }: { url: string; headers: HeaderLines; model: string },
): Promise<void> {
  const token = `stream-${randomUUID()}`;
  await gateway.model.script(token, {
    includes: token,
    turns: [{ say: "one two three four five six seven eight", stream: slow }],
  });
  const stream = await gateway.http.open({
    url,
    method: "POST",
    headers,
    body: JSON.stringify({ model, stream: true, messages: [{ role: "user", content: token }] }),
    deadline: deadlines.agentTurn,
  });
  const isChunk = (data: string): boolean => /"content": ?"[^"]/.test(data);
  const items = await readEventStream(stream, deadlines.agentTurn, (seen) =>
    seen.some((item) => item.kind === "event" && isChunk(item.data)),
  );
  const [entry] = await gateway.model.journal(token);
  const hasArrived = items.some((item) => item.kind === "event" && isChunk(item.data));
  if (hasArrived && entry !== undefined && entry.reply === undefined) return;
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
    cause: "a buffering, compress or retry middleware on the router for keys holds the stream back",
    location: gateway.deployment.litellm.location,
  });
}
