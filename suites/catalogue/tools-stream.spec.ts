import type { Gateway } from "../../containers/gateway.ts";
import { CheckFailure } from "../../helpers/check-failure.ts";
import { header, receivedText, sentText } from "../../helpers/wire/exchange.ts";
import { readEventStream, type StreamItem } from "../../helpers/wire/sse.ts";
import { conformance, type Evidence } from "../conformance.ts";

/** Opens "at once": a human would not notice. LiteLLM 1.106.2 takes 15 s. Milliseconds. */
const atOnce = 2_000;
/** What a heartbeat may be late by, in milliseconds: a scheduler's slack, not a measure of speed. */
const slack = 2_000;

conformance(
  ["CAT-06", "CAT-07"],
  "the stream of the tools path opens at once, beats, carries nothing but valid SSE, and is told apart from a missing catalogue",
  async ({ gateway, evidence }) => {
    const { stream, heartbeatSeconds } = gateway.policy.mcp;
    const period = heartbeatSeconds * 1000;
    const url = gateway.url(stream);
    const opened = await gateway.wire.open({
      url,
      headers: [
        ["Accept", "text/event-stream"],
        ["Authorization", `Bearer ${gateway.masterKey}`],
      ],
      deadline: period + slack,
    });
    const { exchange } = opened;
    const told = { sent: sentText(exchange), received: receivedText(exchange) };
    const type = header(exchange.response?.headers, "content-type") ?? "";
    if (exchange.response?.status !== 200 || !type.startsWith("text/event-stream")) {
      opened.close();
      throw new CheckFailure({
        ...told,
        what: `GET ${stream} opens no event stream`,
        likelyCause: `status ${exchange.response?.status}, ${type}`,
      });
    }
    if (exchange.response.headAfter > atOnce) {
      opened.close();
      throw new CheckFailure({
        ...told,
        what: `the head of the stream came after ${Math.round(exchange.response.headAfter)} ms`,
        likelyCause: "LiteLLM sends nothing before its first heartbeat, or Traefik buffers the response",
      });
    }
    const items = await readEventStream(opened, period + slack, (seen) => seen.length > 0);
    await evidence.keep("stream.json", JSON.stringify(items, null, 2));
    const invalid = items.find(({ kind }) => kind === "invalid");
    if (invalid)
      throw new CheckFailure({ ...told, what: `the stream carries what is not SSE: ${JSON.stringify(invalid)}` });
    if (items.length === 0) {
      throw new CheckFailure({
        ...told,
        what: `no heartbeat within ${heartbeatSeconds} s`,
        likelyCause: "something between buffers the stream, or LiteLLM keeps it silent",
      });
    }
    await explain(gateway, evidence, items);
  },
);

/** Says what the stream is and where the catalogue is, having asked for it there. */
async function explain(gateway: Gateway, evidence: Evidence, items: readonly StreamItem[]): Promise<void> {
  const { stream, endpoint } = gateway.policy.mcp;
  const catalogue = items.find((item) => item.kind === "event" && /"tools"/.test(item.data));
  if (catalogue) {
    evidence.finding(`${stream} carries the catalogue itself.`);
    return;
  }
  const rest = await gateway.send({ path: "/mcp-rest/tools/list", bearer: gateway.masterKey });
  const tools = toolCount(rest.response?.body);
  if (tools === 0) {
    throw new CheckFailure({
      what: `${stream} carries only pings, and the catalogue is missing too`,
      sent: sentText(rest),
      received: receivedText(rest),
      likelyCause: "no upstream answers: the stream is not the fault, the catalogue is",
    });
  }
  const pings = items.filter(({ kind }) => kind === "comment").length;
  evidence.finding(
    `GET ${stream} opens MCP's standalone stream (streamable HTTP, "Listening for Messages from the Server"): every path under ` +
      `${endpoint} is the same MCP endpoint. It carries messages that the server begins of itself, and a stateless LiteLLM has ` +
      `none, so it stays empty but for its heartbeat (${pings} ping(s) seen, nothing else) whatever the upstreams do. The catalogue ` +
      `never travels on it: it is the answer to POST ${endpoint} tools/list, and GET /mcp-rest/tools/list gives the same ` +
      `${tools} tools. A stream that only pings is therefore no sign of a missing catalogue, and nothing waits for an upstream fix.`,
  );
}

function toolCount(body: string | undefined): number {
  try {
    const answer = JSON.parse(body ?? "") as { tools?: unknown };
    return Array.isArray(answer.tools) ? answer.tools.length : 0;
  } catch {
    return 0;
  }
}
