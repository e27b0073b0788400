import { randomUUID } from "node:crypto";
import type { GatewayTarget } from "../../../containers/targets/needs.ts";
import { CheckFailure } from "../../../helpers/checks/check-failure.ts";
import { exchangeEvidence } from "../../../helpers/checks/evidence.ts";
import { deadlines } from "../../../helpers/core/deadlines.ts";
import { type HeaderLines, receivedText, sentText } from "../../../helpers/protocol/exchange.ts";
import { readEventStream } from "../../../helpers/protocol/sse.ts";

/**
 * An answer that the model takes a quarter of a minute for, by pauses in milliseconds. Nobody waits for its end: what is
 * judged is whether its beginning comes before that, and however slow a machine is, it comes in less.
 */
const slow = { chunks: 10, delayMs: 1_500 };

/**
 * The first piece of a streamed chat completion comes while the model is still sending. Asked of the model, not of the
 * clock: on a busy machine pieces that were handed on one by one arrive all at once.
 *
 * @param url of the chat completions
 * @throws {CheckFailure} when it comes with the last one, or never
 */
export async function mustComeInPieces(
  gateway: GatewayTarget,
  { url, headers, model }: { url: string; headers: HeaderLines; model: string },
): Promise<void> {
  const token = `stream-${randomUUID()}`;
  await gateway.model.script(token, {
    includes: token,
    turns: [{ say: "one two three four five six seven eight", stream: slow }],
  });
  const stream = await gateway.wire.open({
    url,
    method: "POST",
    headers,
    body: JSON.stringify({ model, stream: true, messages: [{ role: "user", content: token }] }),
    deadline: deadlines.agentTurn,
  });
  const isPiece = (data: string): boolean => /"content": ?"[^"]/.test(data);
  const items = await readEventStream(stream, deadlines.agentTurn, (seen) =>
    seen.some((item) => item.kind === "event" && isPiece(item.data)),
  );
  const [entry] = await gateway.model.journal(token);
  const hasCome = items.some((item) => item.kind === "event" && isPiece(item.data));
  if (hasCome && entry !== undefined && entry.reply === undefined) return;
  throw new CheckFailure({
    summary: `the first piece of a chat came ${hasCome ? "when the model had sent its last one" : "never"}`,
    evidence: {
      ...exchangeEvidence(stream.exchange),
      received: [receivedText(stream.exchange), ...items.slice(0, 4).map((item) => JSON.stringify(item))].join("\n"),
    },

    cause: "a buffering, compress or retry middleware on the router for keys holds the stream back",
    location: gateway.deployment.litellm.location,
  });
}
