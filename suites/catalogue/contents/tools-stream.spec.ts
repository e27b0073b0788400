import type { GatewayTarget } from "../../../containers/targets/needs.ts";
import { CheckFailure } from "../../../helpers/checks/check-failure.ts";
import { exchangeEvidence } from "../../../helpers/checks/evidence.ts";
import { deadlines } from "../../../helpers/core/deadlines.ts";
import { type Exchange, header, receivedText, sentText } from "../../../helpers/protocol/exchange.ts";
import { readEventStream, type StreamItem } from "../../../helpers/protocol/sse.ts";
import { check } from "../../runner/check.ts";

/** Opens "at once": a human would not notice. LiteLLM 1.106.2 takes 15 s. Milliseconds. */
const atOnce = 2_000;
/** What a heartbeat may be late by, in milliseconds: a scheduler's slack, not a measure of speed. */
const slack = 5_000;

/** What a stream was seen to do, up to its first heartbeat. */
interface Watched {
  exchange: Exchange;
  items: readonly StreamItem[];
  /** Milliseconds from the request to the head of the stream, and to its first heartbeat. */
  headAfter: number;
  beatAfter: number;
}

type Looks = readonly [Watched, ...Watched[]];

/**
 * The stream is watched once for all of its checks, for a heartbeat takes its period; twice where something was late. A
 * busy machine is late once, a gateway that is late is late each time.
 */
let watching: Promise<Looks> | undefined;

check({
  id: "CAT-06/stream-opens",
  requirements: ["CAT-06"],
  title: "the stream of the tools path opens without delay through Traefik",
  needs: ["gateway"],
  async run({ gateway }) {
    const seen = await watched(gateway);
    if (seen.some(opensAtOnce)) return;
    throw new CheckFailure({
      ...told(seen),
      summary: `the head of the stream came after ${seen.map(({ headAfter }) => `${Math.round(headAfter / 1000)} s`).join(", and when it was opened again after ")}`,
      cause: "LiteLLM sends nothing before its first heartbeat, or Traefik buffers the response",
    });
  },
});

check({
  id: "CAT-06/heartbeat-and-valid-events",
  requirements: ["CAT-06"],
  title: "the stream of the tools path sends heartbeats within its period and only valid SSE",
  needs: ["gateway"],
  async run({ gateway, evidence }) {
    const seen = await watched(gateway);
    const items = seen.flatMap((one) => one.items);
    await evidence.keep("stream.json", JSON.stringify(items, null, 2));
    const invalid = items.find(({ kind }) => kind === "invalid");
    if (invalid)
      throw new CheckFailure({
        ...told(seen),
        summary: `the stream carries what is not SSE: ${JSON.stringify(invalid)}`,
      });
    if (seen.some((one) => beatsInTime(gateway, one))) return;
    throw new CheckFailure({
      ...told(seen),
      summary: `no heartbeat within ${gateway.policy.mcp.heartbeatSeconds} s`,
      cause: "something between buffers the stream, or LiteLLM keeps it silent",
    });
  },
});

check({
  id: "CAT-07/pings-are-no-catalogue",
  requirements: ["CAT-07"],
  title: "a stream that carries only pings is distinguished from a missing catalogue",
  needs: ["gateway"],
  async run({ gateway, evidence }) {
    const items = (await watched(gateway)).flatMap((one) => one.items);
    const { stream, endpoint } = gateway.policy.mcp;
    if (items.some((item) => item.kind === "event" && /"tools"/.test(item.data))) {
      evidence.finding(`${stream} carries the catalogue itself.`);
      return;
    }
    const rest = await gateway.send({
      path: "/mcp-rest/tools/list",
      bearer: gateway.masterKey,
      deadline: deadlines.mcpRequest,
    });
    const tools = toolCount(rest.response?.body);
    if (tools === 0) {
      throw new CheckFailure({
        summary: `${stream} carries only pings, and the catalogue is missing too`,
        evidence: exchangeEvidence(rest),

        cause: "no upstream answers: the stream is not the fault, the catalogue is",
      });
    }
    const pings = items.filter(({ kind }) => kind === "comment").length;
    evidence.finding(
      `Why ${stream} only pings, and where the catalogue is. Every path under ${endpoint} is one and the same MCP endpoint, and ` +
        `"tools" in it names a server, not a list. A GET there opens MCP's standalone stream, on which a server speaks of its ` +
        `own accord ("Listening for Messages from the Server"). LiteLLM has nothing to say of its own accord, so it sends a ` +
        `comment every ${gateway.policy.mcp.heartbeatSeconds} s to keep the line open (${pings} seen, nothing else), whatever the ` +
        `upstreams do: their state can't be read from it. The catalogue is an answer, never an announcement: it comes to ` +
        `POST ${endpoint} with the method tools/list, and to GET /mcp-rest/tools/list, which gave ${tools} tools while the ` +
        `stream pinged. Nothing has to be mended upstream for it, and a script that waits for tools on ${stream} waits for ever: ` +
        "have it send tools/list instead, e.g. curl -X POST " +
        `${gateway.url(endpoint)} -H 'Authorization: Bearer …' -H 'Content-Type: application/json' ` +
        `-H 'Accept: application/json, text/event-stream' -d '{"jsonrpc":"2.0","id":1,"method":"tools/list"}'.`,
    );
  },
});

/** @throws {CheckFailure} when no event stream opens */
async function watched(gateway: GatewayTarget): Promise<Looks> {
  watching ??= watchUntilInTime(gateway);
  const seen = await watching.catch((error: Error) => {
    throw new CheckFailure({
      summary: `GET ${gateway.policy.mcp.stream} has no answer`,
      evidence: { received: error.message },
      cause: "LiteLLM sends nothing before its first heartbeat, and not even that",
    });
  });
  for (const one of seen) {
    const { response } = one.exchange;
    const type = header(response?.headers, "content-type") ?? "";
    if (response?.status === 200 && type.startsWith("text/event-stream")) continue;
    throw new CheckFailure({
      ...told([one]),
      summary: `GET ${gateway.policy.mcp.stream} opens no event stream`,
      cause: `status ${response?.status}, ${type}`,
    });
  }
  return seen;
}

async function watchUntilInTime(gateway: GatewayTarget): Promise<Looks> {
  const first = await watch(gateway);
  if (first.exchange.response?.status !== 200 || (opensAtOnce(first) && beatsInTime(gateway, first))) return [first];
  return [first, await watch(gateway)];
}

async function watch(gateway: GatewayTarget): Promise<Watched> {
  const { stream, heartbeatSeconds } = gateway.policy.mcp;
  // Longer than a heartbeat may take: one that is late is told apart from none.
  const longest = 2 * heartbeatSeconds * 1000;
  const opened = await gateway.wire.open({
    url: gateway.url(stream),
    headers: [
      ["Accept", "text/event-stream"],
      ["Authorization", `Bearer ${gateway.masterKey}`],
    ],
    deadline: longest,
  });
  const items = await readEventStream(opened, longest, (seen) => seen.length > 0);
  const headAfter = opened.exchange.response?.headAfter ?? Number.POSITIVE_INFINITY;
  return {
    exchange: opened.exchange,
    items,
    headAfter,
    beatAfter: headAfter + (items[0]?.after ?? Number.POSITIVE_INFINITY),
  };
}

function opensAtOnce({ headAfter }: Watched): boolean {
  return headAfter <= atOnce;
}

function beatsInTime(gateway: GatewayTarget, { beatAfter }: Watched): boolean {
  return beatAfter <= gateway.policy.mcp.heartbeatSeconds * 1000 + slack;
}

function told([{ exchange }]: Looks): { sent: string; received: string } {
  return { sent: sentText(exchange), received: receivedText(exchange) };
}

function toolCount(body: string | undefined): number {
  try {
    const answer = JSON.parse(body ?? "") as { tools?: unknown };
    return Array.isArray(answer.tools) ? answer.tools.length : 0;
  } catch {
    return 0;
  }
}
