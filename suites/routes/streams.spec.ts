import { randomUUID } from "node:crypto";
import { CheckFailure } from "../../helpers/check-failure.ts";
import { deadlines } from "../../helpers/deadlines.ts";
import { readEventStream } from "../../helpers/wire/sse.ts";
import { conformance } from "../conformance.ts";

conformance(["ROUTE-18"], "a stream is handed on as it comes, not buffered", async ({ gateway }) => {
  const [model] = gateway.deployment.litellmConfig.models;
  if (model === undefined) throw new CheckFailure({ what: "LiteLLM's config names no model" });
  const token = `stream-${randomUUID()}`;
  const chunks = 8;
  const delayMs = 150;
  await gateway.model.script(token, {
    includes: token,
    turns: [{ say: "one two three four five six seven eight", stream: { chunks, delayMs } }],
  });
  const stream = await gateway.wire.open({
    url: gateway.url("/v1/chat/completions"),
    method: "POST",
    headers: [
      ["Authorization", `Bearer ${gateway.masterKey}`],
      ["Content-Type", "application/json"],
    ],
    body: JSON.stringify({ model: model.value, stream: true, messages: [{ role: "user", content: token }] }),
    deadline: deadlines.agentTurn,
  });
  const items = await readEventStream(stream, deadlines.agentTurn, (seen) =>
    seen.some((item) => item.kind === "event" && item.data === "[DONE]"),
  );
  const times = items.flatMap((item) => (item.kind === "event" && item.data !== "[DONE]" ? [item.after] : []));
  const spread = (times.at(-1) ?? 0) - (times[0] ?? 0);
  // Buffered, all of them come in one moment; as they come, the model's own pauses lie between them.
  if (times.length >= chunks && spread >= (delayMs * (chunks - 1)) / 2) return;
  throw new CheckFailure({
    what: `${times.length} pieces of a stream came within ${Math.round(spread)} ms, where the model paused ${delayMs} ms between each of ${chunks}`,
    received: items
      .slice(0, 4)
      .map((item) => JSON.stringify(item))
      .join("\n"),
    likelyCause: "a buffering, compress or retry middleware on the router for keys holds the stream back",
    place: gateway.deployment.litellm.place,
  });
});
