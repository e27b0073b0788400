import { createHash, randomBytes, randomUUID } from "node:crypto";
import { forEachCase } from "../../helpers/cases.ts";
import { CheckFailure } from "../../helpers/check-failure.ts";
import { deadlines } from "../../helpers/deadlines.ts";
import { receivedText } from "../../helpers/wire/exchange.ts";
import { readEventStream } from "../../helpers/wire/sse.ts";
import { conformance } from "../conformance.ts";

/** Bytes of a body: more than any buffer on the way holds by default. */
const several = 5_000_000;

conformance(["ROUTE-18"], "a body of several megabytes passes unharmed, both ways", async ({ edge }) => {
  // Base64 without line breaks: any byte that is lost, doubled or changed shows.
  const body = randomBytes((several * 3) / 4).toString("base64");
  await forEachCase(
    "a large body comes back as it was sent",
    edge.policy.hosts,
    ({ name }) => name,
    async (host) => {
      const exchange = await edge.send({ host, path: "/v1/files", method: "POST", bearer: edge.anyKey, body });
      // whoami answers with the request as it received it, body and all.
      const echoed = exchange.response?.body ?? "";
      const at = echoed.indexOf(body.slice(0, 64));
      const back = at < 0 ? "" : echoed.slice(at, at + body.length);
      if (digest(back) === digest(body)) return;
      throw new CheckFailure({
        what: `of ${body.length} bytes ${back.length} came back, ${back.length === body.length ? "changed" : "not all of them"}`,
        received: receivedText(exchange),
        likelyCause: "a buffering middleware limits bodies (maxRequestBodyBytes, maxResponseBodyBytes)",
        place: edge.deployment.litellm.place,
      });
    },
  );
});

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

function digest(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
