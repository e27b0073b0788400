import type { TestGateway } from "../../../containers/targets/test-gateway.ts";
import { CheckFailure } from "../../../helpers/checks/check-failure.ts";
import { exchangeEvidence } from "../../../helpers/checks/evidence.ts";
import { deadlines } from "../../../helpers/core/deadlines.ts";
import { type Exchange, type HeaderLines, header } from "../../../helpers/protocol/exchange.ts";
import { resultOf } from "../../../helpers/protocol/json-rpc.ts";
import { check } from "../../runner/check.ts";
import { statusText } from "../support/error-answers.ts";
import { initializeParams, rpc, toolNamesIn } from "../support/rpc.ts";

const revision = "2025-06-18";

check({
  id: "CAT-18/session-over-new-connections",
  requirements: ["CAT-18"],
  title: "a session continues when each request uses a new connection",
  needs: ["testGateway"],
  async run({ testGateway, evidence }) {
    const session = await beginSession(testGateway);
    for (let request = 0; request < 2; request++) expectTools(await list(testGateway, session));
    evidence.finding(
      session.length > 0
        ? "LiteLLM returns a session id after initialize, and accepts it on every later connection."
        : "LiteLLM is stateless: it returns no session id, and no request depends on another.",
    );
  },
});

check({
  id: "CAT-18/unknown-session",
  requirements: ["CAT-18"],
  title: "an unknown session is answered with 404, or served by a server without sessions",
  needs: ["testGateway"],
  async run({ testGateway }) {
    const stateless = (await beginSession(testGateway)).length === 0;
    const exchange = await list(testGateway, [["Mcp-Session-Id", "00000000000000000000000000000000"]]);
    // A client that gets 404 begins a new session (MCP transports, session management, 4).
    if (exchange.response?.status === 404) return;
    if (stateless) return expectTools(exchange);
    throw new CheckFailure({
      summary: "a session id that LiteLLM never returned is accepted",
      code: "session-accepted",
      expected: "status 404",
      actual: statusText(exchange),
      cause: "LiteLLM serves a stale session as a new one: a client does not learn that its state is lost",
      evidence: exchangeEvidence(exchange),
    });
  },
});

check({
  id: "CAT-18/deleted-session",
  requirements: ["CAT-18"],
  title: "a deleted session is gone, or the server says that it cannot be deleted",
  needs: ["testGateway"],
  async run({ testGateway }) {
    const session = await beginSession(testGateway);
    const deletion = await testGateway.send({
      path: testGateway.endpoint("unwell"),
      method: "DELETE",
      headers: [["MCP-Protocol-Version", revision], ...session],
      deadline: deadlines.mcpRequest,
    });
    const status = deletion.response?.status;
    // "The server MAY respond with 405, indicating that it does not allow clients to terminate sessions."
    if (status === 405) return expectTools(await list(testGateway, session));
    if (status === undefined || status >= 300) {
      throw new CheckFailure({
        summary: "the DELETE of a session fails",
        code: "wrong-status",
        expected: "status 2xx or 405",
        actual: statusText(deletion),
        evidence: exchangeEvidence(deletion),
      });
    }
    const after = await list(testGateway, session);
    if (after.response?.status === 404) return;
    throw new CheckFailure({
      summary: "a deleted session is still accepted",
      code: "session-accepted",
      expected: "status 404",
      actual: statusText(after),
      cause: "LiteLLM reports that it deleted the session and did not, or takes its id for a new session",
      evidence: exchangeEvidence(after, deletion),
    });
  },
});

/**
 * A handshake without a client library.
 *
 * @returns the header that names the session; empty for a server without sessions
 */
async function beginSession(testGateway: TestGateway): Promise<HeaderLines> {
  const path = testGateway.endpoint("unwell");
  const exchange = await rpc(testGateway, { path, method: "initialize", params: initializeParams(revision) });
  if (resultOf(exchange, 1) === undefined) {
    throw new CheckFailure({
      summary: "initialize has no result",
      code: "no-result",
      expected: "a result",
      actual: statusText(exchange),
      evidence: exchangeEvidence(exchange),
    });
  }
  const id = header(exchange.response?.headers, "mcp-session-id");
  const session: HeaderLines = id === undefined ? [] : [["Mcp-Session-Id", id]];
  const headers: HeaderLines = [["MCP-Protocol-Version", revision], ...session];
  await rpc(testGateway, { path, method: "notifications/initialized", id: null, headers });
  return session;
}

function list(testGateway: TestGateway, session: HeaderLines): Promise<Exchange> {
  return rpc(testGateway, {
    path: testGateway.endpoint("unwell"),
    method: "tools/list",
    headers: [["MCP-Protocol-Version", revision], ...session],
  });
}

function expectTools(exchange: Exchange): void {
  if (toolNamesIn(exchange).length > 0) return;
  throw new CheckFailure({
    summary: "a listing within the session has no tools",
    code: "no-tools",
    expected: "at least one tool",
    actual: `0 tools, ${statusText(exchange)}`,
    cause: "LiteLLM loses a session between two connections",
    evidence: exchangeEvidence(exchange),
  });
}
