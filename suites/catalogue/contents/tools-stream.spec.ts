import type { GatewayTarget } from "../../../containers/targets/needs.ts";
import { CheckFailure } from "../../../helpers/checks/check-failure.ts";
import { exchangeEvidence } from "../../../helpers/checks/evidence.ts";
import { deadlines } from "../../../helpers/core/deadlines.ts";
import { jsonOf } from "../../../helpers/core/text/json.ts";
import { isMessage } from "../../../helpers/protocol/json-rpc.ts";
import { check } from "../../runner/check.ts";
import { followsCatalogue } from "../../support/needed-checks.ts";
import { isHeadInTime, isHeartbeatInTime, latestHead, watchedStreams } from "../support/watched-stream.ts";

check({
  id: "CAT-06/stream-opens",
  requirements: ["CAT-06"],
  title: "the stream of the tools path opens without delay through Traefik",
  needs: ["gateway"],
  async run({ gateway }) {
    const streams = await watchedStreams(gateway);
    if (streams.some(isHeadInTime)) return;
    const [first, ...others] = streams.map(({ headAfter }) => `after ${Math.round(headAfter / 1000)} s`);
    throw new CheckFailure({
      summary: `the head of the stream at ${gateway.streamPath} is late`,
      code: "late-head",
      expected: `within ${latestHead / 1000} s`,
      actual: [first, ...others.map((after) => `${after} when it was opened again`)].join(", "),
      cause: "LiteLLM sends nothing before its first heartbeat, or Traefik buffers the response",
      evidence: exchangeEvidence(streams[0].exchange),
    });
  },
});

check({
  id: "CAT-06/heartbeat-and-valid-events",
  requirements: ["CAT-06"],
  title: "the stream of the tools path sends heartbeats within its period and only valid SSE",
  needs: ["gateway"],
  async run({ gateway, evidence }) {
    const stream = gateway.streamPath;
    const { heartbeatSeconds } = gateway.policy.mcp;
    const streams = await watchedStreams(gateway);
    const items = streams.flatMap((one) => one.items);
    await evidence.keep("stream.json", JSON.stringify(items, null, 2));
    const invalid = items.find(({ kind }) => kind === "invalid");
    if (invalid) {
      throw new CheckFailure({
        summary: `the stream at ${stream} carries a line that is not SSE`,
        code: "invalid-event",
        expected: "fields and comments of an event stream",
        actual: JSON.stringify(invalid),
        evidence: exchangeEvidence(streams[0].exchange),
      });
    }
    if (streams.some((one) => isHeartbeatInTime(gateway, one))) return;
    throw new CheckFailure({
      summary: `the heartbeat of the stream at ${stream} is late`,
      code: "late-heartbeat",
      expected: `within ${heartbeatSeconds} s`,
      actual: streams
        .map(({ heartbeatAfter: after }) => (Number.isFinite(after) ? `after ${Math.round(after / 1000)} s` : "none"))
        .join(", then "),
      cause: "a part in between buffers the stream, or LiteLLM sends no heartbeat",
      evidence: exchangeEvidence(streams[0].exchange),
    });
  },
});

check({
  id: "CAT-07/pings-are-no-catalogue",
  requirements: ["CAT-07"],
  title: "a stream that carries only pings is distinguished from a missing catalogue",
  needs: ["gateway"],
  async run({ gateway, evidence }) {
    const items = (await watchedStreams(gateway)).flatMap((one) => one.items);
    const stream = gateway.streamPath;
    if (items.some((item) => item.kind === "event" && /"tools"/.test(item.data))) {
      evidence.finding(`${stream} carries the catalogue itself.`);
      return;
    }
    const listing = await gateway.send({
      path: "/mcp-rest/tools/list",
      bearer: gateway.masterKey,
      deadline: deadlines.mcpRequest,
    });
    const tools = toolCount(listing.response?.body);
    if (tools === 0) {
      throw new CheckFailure({
        summary: `${stream} carries only pings, and the catalogue is missing too`,
        code: "catalogue-missing",
        expected: "at least one tool at /mcp-rest/tools/list",
        actual: "0 tools",
        cause: "no upstream answers: the catalogue is at fault, not the stream",
        ...followsCatalogue,
        evidence: exchangeEvidence(listing),
      });
    }
    const pings = items.filter(({ kind }) => kind === "comment").length;
    evidence.finding(streamFinding(gateway, pings, tools));
  },
});

/** Why the stream carries no catalogue, and where the catalogue is. */
function streamFinding(gateway: GatewayTarget, pings: number, tools: number): string {
  const stream = gateway.streamPath;
  const { endpoint, heartbeatSeconds } = gateway.policy.mcp;
  return (
    `Why ${stream} sends only pings, and where the catalogue is. ` +
    `${stream === endpoint ? "" : `Every path under ${endpoint} is the same MCP endpoint; "tools" in the path names a server, not a list. `}A GET opens MCP's standalone stream, which carries only messages ` +
    `that the server starts by itself ("Listening for Messages from the Server"). LiteLLM starts none, so it sends a ` +
    `comment every ${heartbeatSeconds} s to keep the connection open (${pings} seen, nothing else), whatever the state ` +
    `of the upstreams: the stream does not show it. The catalogue is an answer to a request: to POST ${endpoint} with ` +
    `the method tools/list, and to GET /mcp-rest/tools/list, which returned ${tools} tools while the stream sent pings. ` +
    `Nothing has to be fixed at the upstreams. A script that waits for tools on ${stream} waits forever; let it send ` +
    `tools/list instead, e.g. curl -X POST ${gateway.url(endpoint)} -H 'Authorization: Bearer …' ` +
    `-H 'Content-Type: application/json' -H 'Accept: application/json, text/event-stream' ` +
    `-d '{"jsonrpc":"2.0","id":1,"method":"tools/list"}'.`
  );
}

function toolCount(body: string | undefined): number {
  const answer = jsonOf(body);
  return isMessage(answer) && Array.isArray(answer.tools) ? answer.tools.length : 0;
}
