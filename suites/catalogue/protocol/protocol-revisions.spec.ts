import type { TestGateway } from "../../../containers/targets/test-gateway.ts";
import { forEachCase } from "../../../helpers/checks/cases.ts";
import { CheckFailure } from "../../../helpers/checks/check-failure.ts";
import { exchangeEvidence } from "../../../helpers/checks/evidence.ts";
import { deadlines } from "../../../helpers/core/deadlines.ts";
import { type Exchange, type HeaderLines, header, receivedText, sentText } from "../../../helpers/protocol/exchange.ts";
import { errorOf, messagesOf, resultOf } from "../../../helpers/protocol/json-rpc.ts";
import { lastWithHandshake, type Revision, revisions } from "../../../helpers/protocol/protocol.ts";
import { check } from "../../runner/check.ts";
import { initialize, mcpHeaders, rpc } from "../support/rpc.ts";

const withHandshake = revisions.filter((revision) => revision <= lastWithHandshake);
const withoutHandshake = revisions.filter((revision) => revision > lastWithHandshake);

check({
  id: "CAT-19/negotiated-revisions",
  requirements: ["CAT-19"],
  title: "each revision that the handshake negotiates is served, and its messages are valid by its own schema",
  needs: ["testGateway"],
  async run({ testGateway: trial, evidence }) {
    const agreed = new Map<Revision, unknown>();
    await forEachCase(
      "a client of the revision is served",
      withHandshake,
      (revision) => revision,
      async (revision) => {
        const path = trial.endpoint("unwell");
        const begun = await rpc(trial, { path, method: "initialize", params: initialize(revision) });
        const told = { sent: sentText(begun), received: receivedText(begun) };
        const answer = resultOf(begun, 1)?.protocolVersion;
        agreed.set(revision, answer);
        // "Otherwise the server MUST respond with another protocol version it supports" (MCP lifecycle).
        if (!revisions.some((known) => known === answer)) {
          throw new CheckFailure({
            ...told,
            summary: `asked for ${revision}, the server agrees on ${JSON.stringify(answer)}`,
          });
        }
        const listed = await rpc(trial, {
          path,
          method: "tools/list",
          headers: [["MCP-Protocol-Version", String(answer)], ...session(begun)],
        });
        const tools = resultOf(listed, 1)?.tools;
        if (Array.isArray(tools) && tools.length > 0) return;
        throw new CheckFailure({
          summary: `a client of ${revision}, agreed on as ${String(answer)}, gets no tools`,
          evidence: exchangeEvidence(listed),

          cause: "LiteLLM agrees on a revision that it does not serve",
        });
      },
    );
    evidence.finding(
      `Handshakes: ${[...agreed]
        .toSorted()
        .map(([wanted, got]) => (wanted === got ? wanted : `${wanted} becomes ${String(got)}`))
        .join(", ")}.`,
    );
  },
});

check({
  id: "CAT-19/batches",
  requirements: ["CAT-19"],
  title: "a batch is answered by the rules of 2025-03-26 where that revision was negotiated",
  needs: ["testGateway"],
  async run({ testGateway: trial }) {
    const path = trial.endpoint("unwell");
    const begun = await rpc(trial, { path, method: "initialize", params: initialize("2025-03-26") });
    if (resultOf(begun, 1)?.protocolVersion !== "2025-03-26") return;
    const exchange = await trial.send({
      path,
      method: "POST",
      headers: [...mcpHeaders, ...session(begun)],
      body: JSON.stringify([1, 2].map((id) => ({ jsonrpc: "2.0", id, method: "ping" }))),
      deadline: deadlines.mcpRequest,
    });
    if ([1, 2].every((id) => resultOf(exchange, id) !== undefined)) return;
    throw new CheckFailure({
      summary: "a batch of two pings has no two answers",
      evidence: exchangeEvidence(exchange),

      cause: "LiteLLM agrees on 2025-03-26, which demands that a server receives batches (base protocol, batching)",
    });
  },
});

check({
  id: "CAT-19/unknown-revision",
  requirements: ["CAT-19"],
  title: "an unknown revision is refused cleanly, in the handshake and in the header",
  needs: ["testGateway"],
  async run({ testGateway: trial }) {
    const path = trial.endpoint("unwell");
    const begun = await rpc(trial, { path, method: "initialize", params: initialize("1999-01-01") });
    const answer = resultOf(begun, 1)?.protocolVersion;
    if (!revisions.some((known) => known === answer) && errorOf(begun, 1) === undefined) {
      throw new CheckFailure({
        summary: `asked for a revision that does not exist, the server agrees on ${JSON.stringify(answer)}`,
        evidence: exchangeEvidence(begun),
      });
    }
    expectRefused(await listAs(trial, "1999-01-01"));
  },
});

check({
  id: "CAT-19/sessionless-revision",
  requirements: ["CAT-19"],
  title: "a revision without handshake and sessions is served by its own rules, or refused cleanly",
  needs: ["testGateway"],
  async run({ testGateway: trial, evidence }) {
    for (const revision of withoutHandshake) {
      const exchange = await listAs(trial, revision);
      const result = resultOf(exchange, 1);
      if (result === undefined) {
        expectRefused(exchange);
        const supported = /support[a-z]*(?: versions)?:? ([-0-9, ]+)/i.exec(exchange.response?.body ?? "")?.[1];
        evidence.finding(`MCP ${revision} is not served, and refused with 400 (it serves ${supported ?? "others"}).`);
        continue;
      }
      // Its schema, which asks for resultType, ttlMs and cacheScope, has judged the answer by now.
      if (Array.isArray(result.tools) && result.tools.length > 0) continue;
      throw new CheckFailure({
        summary: `a client of ${revision} gets no tools`,
        evidence: exchangeEvidence(exchange),
      });
    }
  },
});

function session(begun: Exchange): HeaderLines {
  const id = header(begun.response?.headers, "mcp-session-id");
  return id === undefined ? [] : [["Mcp-Session-Id", id]];
}

/** A listing as a client of a revision without handshake asks for it: the revision in the header and in `_meta`. */
function listAs(trial: TestGateway, revision: string): Promise<Exchange> {
  return rpc(trial, {
    path: trial.endpoint("unwell"),
    method: "tools/list",
    params: {
      _meta: {
        "io.modelcontextprotocol/protocolVersion": revision,
        "io.modelcontextprotocol/clientInfo": { name: "gateway-conformance", version: "1.0.0" },
        "io.modelcontextprotocol/clientCapabilities": {},
      },
    },
    headers: [
      ["MCP-Protocol-Version", revision],
      ["Mcp-Method", "tools/list"],
    ],
  });
}

/** 400 with a JSON-RPC error (MCP transports, protocol version header). */
function expectRefused(exchange: Exchange): void {
  const refused = messagesOf(exchange).some(({ error }) => error !== undefined);
  if (exchange.response?.status === 400 && refused) return;
  throw new CheckFailure({
    summary: `a revision that is not served is answered with ${exchange.response?.status ?? "nothing"}, not with 400 and an error`,
    evidence: exchangeEvidence(exchange),

    cause: "LiteLLM serves the request by the rules of another revision than the client's",
  });
}
