import type { TestGateway } from "../../../containers/targets/test-gateway.ts";
import { CheckFailure } from "../../../helpers/checks/check-failure.ts";
import { exchangeEvidence } from "../../../helpers/checks/evidence.ts";
import { deadlines } from "../../../helpers/core/deadlines.ts";
import { type Exchange, type HeaderLines, header } from "../../../helpers/protocol/exchange.ts";
import { resultOf } from "../../../helpers/protocol/json-rpc.ts";
import { statusText } from "./error-answers.ts";
import { catalogueName, toolsOf } from "./mcp-client.ts";
import { initializeParams, rpc } from "./rpc.ts";

/** The revision of these sessions. */
export const revision = "2025-06-18";

/** A session at the endpoint of some servers of the test gateway. */
export interface Session {
  path: string;
  /** What every request of the session carries. */
  headers: HeaderLines;
  /** Undefined for a server without sessions. */
  id: string | undefined;
}

/**
 * A handshake without a client library.
 *
 * @throws {CheckFailure} `no-result` when `initialize` has none
 */
export async function beginSession(testGateway: TestGateway, ...servers: string[]): Promise<Session> {
  const { exchange, session } = await tryToBegin(testGateway, ...servers);
  if (session !== undefined) return session;
  throw new CheckFailure({
    summary: "initialize has no result",
    code: "no-result",
    expected: "a result",
    actual: statusText(exchange),
    evidence: exchangeEvidence(exchange),
  });
}

/** A handshake that may be refused: no session then. */
export async function tryToBegin(
  testGateway: TestGateway,
  ...servers: string[]
): Promise<{ exchange: Exchange; session?: Session }> {
  const path = testGateway.endpoint(...servers);
  const exchange = await rpc(testGateway, { path, method: "initialize", params: initializeParams(revision) });
  if (resultOf(exchange, 1) === undefined) return { exchange };
  const id = header(exchange.response?.headers, "mcp-session-id");
  const session = { path, id, headers: headersOf(id) };
  await rpc(testGateway, { path, method: "notifications/initialized", id: null, headers: session.headers });
  return { exchange, session };
}

/** Asks the server to end a session. */
export async function endSession(testGateway: TestGateway, { path, headers }: Session): Promise<Exchange> {
  return await testGateway.send({ path, method: "DELETE", headers, deadline: deadlines.mcpRequest });
}

/** One `tools/list` within a session. */
export async function listInSession(
  testGateway: TestGateway,
  { path, headers }: Session,
  signal?: AbortSignal,
): Promise<Exchange> {
  return await rpc(testGateway, { path, method: "tools/list", headers, ...(signal === undefined ? {} : { signal }) });
}

/** The same session under another id. */
export function withSessionId({ path }: Session, id: string): Session {
  return { path, id, headers: headersOf(id) };
}

/** The sorted names, in the gateway's catalogue, of what servers of the test gateway offer when they are asked directly. */
export async function namesOffered(testGateway: TestGateway, ...servers: string[]): Promise<string[]> {
  const offered = await Promise.all(
    servers.map(async (server) => {
      const tools = await toolsOf(`the upstream ${server}`, testGateway.upstream(server));
      return tools.map(({ name }) => catalogueName(testGateway, server, name));
    }),
  );
  return offered.flat().sort();
}

function headersOf(id: string | undefined): HeaderLines {
  return [["MCP-Protocol-Version", revision], ...(id === undefined ? [] : [["Mcp-Session-Id", id] as const])];
}
