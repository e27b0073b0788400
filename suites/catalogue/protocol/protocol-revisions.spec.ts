import type { TestGateway } from "../../../containers/targets/test-gateway.ts";
import { forEachCase } from "../../../helpers/checks/cases.ts";
import { CheckFailure } from "../../../helpers/checks/check-failure.ts";
import { exchangeEvidence } from "../../../helpers/checks/evidence.ts";
import { deadlines } from "../../../helpers/core/deadlines.ts";
import { type Exchange, type HeaderLines, header } from "../../../helpers/protocol/exchange.ts";
import { errorOf, messagesOf, resultOf } from "../../../helpers/protocol/json-rpc.ts";
import { lastWithHandshake, type Revision, revisions } from "../../../helpers/protocol/protocol.ts";
import { check } from "../../runner/check.ts";
import { statusText } from "../support/error-answers.ts";
import { initializeParams, mcpHeaders, rpc, toolNamesIn } from "../support/rpc.ts";

const withHandshake = revisions.filter((revision) => revision <= lastWithHandshake);
const withoutHandshake = revisions.filter((revision) => revision > lastWithHandshake);

/** A revision that does not exist. */
const unknownRevision = "1999-01-01";

check({
  id: "CAT-19/negotiated-revisions",
  requirements: ["CAT-19"],
  title: "each revision that the handshake negotiates is served, and its messages are valid by its own schema",
  needs: ["testGateway"],
  async run({ testGateway, evidence }) {
    const negotiated = new Map<Revision, unknown>();
    await forEachCase(
      "a client of the revision is served",
      withHandshake,
      (revision) => revision,
      async (revision) => {
        const begun = await begin(testGateway, revision);
        const answer = resultOf(begun, 1)?.protocolVersion;
        negotiated.set(revision, answer);
        // "Otherwise the server MUST respond with another protocol version it supports" (MCP lifecycle).
        expectKnown(begun, answer);
        const listed = await rpc(testGateway, {
          path: testGateway.endpoint("unwell"),
          method: "tools/list",
          headers: [["MCP-Protocol-Version", String(answer)], ...session(begun)],
        });
        expectTools(listed, "LiteLLM negotiates a revision that it does not serve");
      },
    );
    const pairs = [...negotiated].toSorted();
    const texts = pairs.map(([wanted, got]) => (wanted === got ? wanted : `${wanted} becomes ${String(got)}`));
    evidence.finding(`Negotiated revisions: ${texts.join(", ")}.`);
  },
});

check({
  id: "CAT-19/batches",
  requirements: ["CAT-19"],
  title: "a batch is answered by the rules of 2025-03-26 where that revision was negotiated",
  needs: ["testGateway"],
  async run({ testGateway, evidence }) {
    const begun = await begin(testGateway, "2025-03-26");
    const answer = resultOf(begun, 1)?.protocolVersion;
    expectKnown(begun, answer);
    if (answer !== "2025-03-26") evidence.notSupported(`LiteLLM negotiates ${answer} where a client wants 2025-03-26`);
    const ids = [1, 2];
    const exchange = await testGateway.send({
      path: testGateway.endpoint("unwell"),
      method: "POST",
      headers: [...mcpHeaders, ...session(begun)],
      body: JSON.stringify(ids.map((id) => ({ jsonrpc: "2.0", id, method: "ping" }))),
      deadline: deadlines.mcpRequest,
    });
    const answered = ids.filter((id) => resultOf(exchange, id) !== undefined);
    if (answered.length === ids.length) return;
    throw new CheckFailure({
      summary: "a batch of two pings is not answered",
      code: "batch-unanswered",
      expected: "a result for each of the two pings",
      actual: `${answered.length} results, ${statusText(exchange)}`,
      cause: "LiteLLM negotiates 2025-03-26, which requires servers to accept batches (base protocol, batching)",
      evidence: exchangeEvidence(exchange),
    });
  },
});

check({
  id: "CAT-19/unknown-revision",
  requirements: ["CAT-19"],
  title: "an unknown revision is refused cleanly, in the handshake and in the header",
  needs: ["testGateway"],
  async run({ testGateway }) {
    const begun = await begin(testGateway, unknownRevision);
    if (errorOf(begun, 1) === undefined) expectKnown(begun, resultOf(begun, 1)?.protocolVersion);
    expectRefused(await listAs(testGateway, unknownRevision));
  },
});

check({
  id: "CAT-19/sessionless-revision",
  requirements: ["CAT-19"],
  title: "a revision without handshake and sessions is served by its own rules, or refused cleanly",
  needs: ["testGateway"],
  async run({ testGateway, evidence }) {
    for (const revision of withoutHandshake) {
      const exchange = await listAs(testGateway, revision);
      if (resultOf(exchange, 1) === undefined) {
        expectRefused(exchange);
        const supported = /support[a-z]*(?: versions)?:? ([-0-9, ]+)/i.exec(exchange.response?.body ?? "")?.[1];
        evidence.finding(`MCP ${revision} is not served, but refused with 400 (served: ${supported ?? "others"}).`);
        continue;
      }
      // The runner validates the answer by the revision's schema, which requires resultType, ttlMs and cacheScope.
      expectTools(exchange, "LiteLLM accepts a revision that it does not serve");
    }
  },
});

function begin(testGateway: TestGateway, revision: string): Promise<Exchange> {
  const path = testGateway.endpoint("unwell");
  return rpc(testGateway, { path, method: "initialize", params: initializeParams(revision) });
}

function session(begun: Exchange): HeaderLines {
  const id = header(begun.response?.headers, "mcp-session-id");
  return id === undefined ? [] : [["Mcp-Session-Id", id]];
}

/** A listing as a client of a revision without handshake requests it: the revision is in the header and in `_meta`. */
function listAs(testGateway: TestGateway, revision: string): Promise<Exchange> {
  return rpc(testGateway, {
    path: testGateway.endpoint("unwell"),
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

function expectKnown(begun: Exchange, answer: unknown): asserts answer is Revision {
  if (revisions.some((known) => known === answer)) return;
  throw new CheckFailure({
    summary: "the handshake negotiates a revision that does not exist",
    code: "unknown-revision",
    expected: `one of ${revisions.join(", ")}`,
    actual: JSON.stringify(answer) ?? `no revision, ${statusText(begun)}`,
    evidence: exchangeEvidence(begun),
  });
}

function expectTools(exchange: Exchange, cause: string): void {
  if (toolNamesIn(exchange).length > 0) return;
  throw new CheckFailure({
    summary: "a client of the revision gets no tools",
    code: "no-tools",
    expected: "at least one tool",
    actual: `0 tools, ${statusText(exchange)}`,
    cause,
    evidence: exchangeEvidence(exchange),
  });
}

/** Requires 400 with a JSON-RPC error (MCP transports, protocol version header). */
function expectRefused(exchange: Exchange): void {
  const hasError = messagesOf(exchange).some(({ error }) => error !== undefined);
  if (exchange.response?.status === 400 && hasError) return;
  throw new CheckFailure({
    summary: "a revision that is not served is not refused",
    code: "not-refused",
    expected: "status 400 with a JSON-RPC error",
    actual: `${statusText(exchange)} ${hasError ? "with" : "without"} a JSON-RPC error`,
    cause: "LiteLLM serves the request by the rules of another revision than the client's",
    evidence: exchangeEvidence(exchange),
  });
}
