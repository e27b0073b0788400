import { CheckFailure } from "../../../helpers/checks/check-failure.ts";
import { exchangeEvidence } from "../../../helpers/checks/evidence.ts";
import type { Exchange } from "../../../helpers/protocol/exchange.ts";
import { check } from "../../runner/check.ts";
import { statusText } from "../support/error-answers.ts";
import { toolNamesIn } from "../support/rpc.ts";
import { beginSession, endSession, listInSession, withSessionId } from "../support/session.ts";

check({
  id: "CAT-18/session-over-new-connections",
  requirements: ["CAT-18"],
  title: "a session continues when each request uses a new connection",
  needs: ["testGateway"],
  async run({ testGateway, evidence }) {
    const session = await beginSession(testGateway, "unwell");
    for (let request = 0; request < 2; request++) expectTools(await listInSession(testGateway, session));
    evidence.finding(
      session.id !== undefined
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
    const session = await beginSession(testGateway, "unwell");
    const exchange = await listInSession(testGateway, withSessionId(session, "00000000000000000000000000000000"));
    // A client that gets 404 begins a new session (MCP transports, session management, 4).
    if (exchange.response?.status === 404) return;
    if (session.id === undefined) return expectTools(exchange);
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
    const session = await beginSession(testGateway, "unwell");
    const deletion = await endSession(testGateway, session);
    const status = deletion.response?.status;
    // "The server MAY respond with 405, indicating that it does not allow clients to terminate sessions."
    if (status === 405) return expectTools(await listInSession(testGateway, session));
    if (status === undefined || status >= 300) {
      throw new CheckFailure({
        summary: "the DELETE of a session fails",
        code: "wrong-status",
        expected: "status 2xx or 405",
        actual: statusText(deletion),
        evidence: exchangeEvidence(deletion),
      });
    }
    const after = await listInSession(testGateway, session);
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
