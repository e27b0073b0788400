import type { TestGateway } from "../../../containers/targets/test-gateway.ts";
import { CheckFailure } from "../../../helpers/checks/check-failure.ts";
import { exchangeEvidence } from "../../../helpers/checks/evidence.ts";
import { deadlines } from "../../../helpers/core/deadlines.ts";
import { type Exchange, type HeaderLines, header, receivedText, sentText } from "../../../helpers/protocol/exchange.ts";
import { resultOf } from "../../../helpers/protocol/json-rpc.ts";
import { check } from "../../runner/check.ts";
import { initialize, rpc } from "../support/rpc.ts";

const revision = "2025-06-18";

check({
  id: "CAT-18/session-over-new-connections",
  requirements: ["CAT-18"],
  title: "a session continues when each request uses a new connection",
  needs: ["testGateway"],
  async run({ testGateway: trial, evidence }) {
    const session = await begin(trial);
    for (let request = 0; request < 2; request++) expectTools(await list(trial, session));
    evidence.finding(
      session.length > 0
        ? "LiteLLM gives each client a session id after initialize, and takes it on every later connection."
        : "LiteLLM is stateless: it gives no session id, and each request stands for itself.",
    );
  },
});

check({
  id: "CAT-18/unknown-session",
  requirements: ["CAT-18"],
  title: "an unknown session is answered with 404, or served by a server without sessions",
  needs: ["testGateway"],
  async run({ testGateway: trial }) {
    const stateless = (await begin(trial)).length === 0;
    const exchange = await list(trial, [["Mcp-Session-Id", "00000000000000000000000000000000"]]);
    // A client that gets 404 begins a new session (MCP transports, session management, 4).
    if (exchange.response?.status === 404) return;
    if (stateless) return expectTools(exchange);
    throw new CheckFailure({
      summary: `a session id that LiteLLM never gave is answered with ${exchange.response?.status}, not 404`,
      evidence: exchangeEvidence(exchange),

      cause: "LiteLLM serves a stale session as if it were none: a client never learns that it lost its state",
    });
  },
});

check({
  id: "CAT-18/deleted-session",
  requirements: ["CAT-18"],
  title: "a deleted session is gone, or the server says that it cannot be deleted",
  needs: ["testGateway"],
  async run({ testGateway: trial }) {
    const session = await begin(trial);
    const ended = await trial.send({
      path: trial.endpoint("unwell"),
      method: "DELETE",
      headers: [["MCP-Protocol-Version", revision], ...session],
      deadline: deadlines.mcpRequest,
    });
    const { status } = ended.response ?? {};
    const told = { sent: sentText(ended), received: receivedText(ended) };
    // "The server MAY respond with 405, indicating that it does not allow clients to terminate sessions."
    if (status === 405) return expectTools(await list(trial, session));
    if (status === undefined || status >= 300)
      throw new CheckFailure({ ...told, summary: `the DELETE of a session is answered with ${status ?? "nothing"}` });
    const after = await list(trial, session);
    if (after.response?.status === 404) return;
    throw new CheckFailure({
      summary: `a session that was deleted with ${status} is still answered with ${after.response?.status}`,
      evidence: exchangeEvidence(after),

      cause: "LiteLLM says that it ended the session and does not, or takes its id for a new one",
    });
  },
});

/** A handshake, by hand. @returns the header that names the session; empty for a server without sessions */
async function begin(trial: TestGateway): Promise<HeaderLines> {
  const path = trial.endpoint("unwell");
  const exchange = await rpc(trial, { path, method: "initialize", params: initialize(revision) });
  if (resultOf(exchange, 1) === undefined) {
    throw new CheckFailure({
      summary: "initialize has no result",
      evidence: exchangeEvidence(exchange),
    });
  }
  const id = header(exchange.response?.headers, "mcp-session-id");
  const session: HeaderLines = id === undefined ? [] : [["Mcp-Session-Id", id]];
  const headers: HeaderLines = [["MCP-Protocol-Version", revision], ...session];
  await rpc(trial, { path, method: "notifications/initialized", id: null, headers });
  return session;
}

function list(trial: TestGateway, session: HeaderLines): Promise<Exchange> {
  return rpc(trial, {
    path: trial.endpoint("unwell"),
    method: "tools/list",
    headers: [["MCP-Protocol-Version", revision], ...session],
  });
}

function expectTools(exchange: Exchange): void {
  const tools = resultOf(exchange, 1)?.tools;
  if (Array.isArray(tools) && tools.length > 0) return;
  throw new CheckFailure({
    summary: "a listing within the session has no tools",
    evidence: exchangeEvidence(exchange),

    cause: "LiteLLM loses a session between two connections",
  });
}
