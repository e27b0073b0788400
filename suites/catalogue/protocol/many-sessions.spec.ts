import type { TestGateway } from "../../../containers/targets/test-gateway.ts";
import { CheckFailure } from "../../../helpers/checks/check-failure.ts";
import { exchangeEvidence } from "../../../helpers/checks/evidence.ts";
import { atMost } from "../../../helpers/core/at-most.ts";
import { differences } from "../../../helpers/core/text/json-difference.ts";
import { type Exchange, header } from "../../../helpers/protocol/exchange.ts";
import { check } from "../../runner/check.ts";
import { statusText } from "../support/error-answers.ts";
import { toolNamesIn } from "../support/rpc.ts";
import {
  beginSession,
  endSession,
  listInSession,
  namesOffered,
  type Session,
  tryToBegin,
  withSessionId,
} from "../support/session.ts";

/** LiteLLM 1.106.2 keeps 100 for each key. */
const laterSessions = 100;

/** How many begin at a time. */
const concurrent = 8;

const server = "unwell";

/** A server may refuse more sessions, but it says so. */
const refusals = [429, 503];

check({
  id: "CAT-29/first-of-many-sessions",
  requirements: ["CAT-29"],
  title: "more than a hundred later sessions do not end the first one in silence",
  needs: ["testGateway"],
  async run({ testGateway, evidence }) {
    const expected = await namesOffered(testGateway, server);
    const first = await beginSession(testGateway, server);
    if (first.id === undefined)
      evidence.notSupported("LiteLLM gives no session id: there is no session that others could end");
    const begun = [first];
    try {
      const before = await listThrice(testGateway, first, expected);
      const refused = await beginOthers(testGateway, begun);
      expectOwnIds(testGateway, begun);
      const after = await listInSession(testGateway, first);
      const later = `${begun.length - 1} later sessions${refused === undefined ? "" : ` (the next is refused with ${refused})`}`;
      if (after.response?.status === 404) {
        await expectNewSession(testGateway, expected);
        return evidence.finding(`After ${later} the first one is answered 404, so that its client begins a new one.`);
      }
      expectNames(testGateway, after, expected, `the first session, after ${later}`);
      const isAlwaysNamed = before.every((exchange) => isNamed(first, exchange));
      if (isAlwaysNamed) expectSameSession(testGateway, first, before, after, later);
      else if (!(await refusesUnknown(testGateway, first)))
        evidence.notSupported("LiteLLM serves every session id alike: nothing shows whether a session is still there");
      evidence.finding(`After ${later} the first one still answers.`);
    } finally {
      await atMost(concurrent, begun, (session) => endSession(testGateway, session));
    }
  },
});

/** The control: the session works. Three times, because other workers of LiteLLM may not know it. */
async function listThrice(testGateway: TestGateway, first: Session, expected: readonly string[]): Promise<Exchange[]> {
  const listings: Exchange[] = [];
  for (let listing = 0; listing < 3; listing++) {
    const exchange = await listInSession(testGateway, first);
    expectNames(testGateway, exchange, expected, "the first session, before the others begin");
    listings.push(exchange);
  }
  return listings;
}

/**
 * Begins the later sessions; the last one alone, when the server has registered all others.
 *
 * @param begun gets each of them
 * @returns the status of the first refusal
 */
async function beginOthers(testGateway: TestGateway, begun: Session[]): Promise<number | undefined> {
  let refused: number | undefined;
  const begin = async (): Promise<void> => {
    if (refused !== undefined) return;
    const { exchange, session } = await tryToBegin(testGateway, server);
    const status = exchange.response?.status;
    if (session !== undefined) begun.push(session);
    else if (status !== undefined && refusals.includes(status)) refused ??= status;
    else
      throw new CheckFailure({
        summary: `the session after ${begun.length} others does not begin`,
        code: "session-not-begun",
        expected: `a session, or a refusal with status ${refusals.join(" or ")}`,
        actual: statusText(exchange),
        cause: "LiteLLM runs out of something that each session takes",
        location: testGateway.deployment.litellm.location,
        evidence: exchangeEvidence(exchange),
      });
  };
  await atMost(concurrent, Array.from({ length: laterSessions }), begin);
  await begin();
  return refused;
}

/** @throws {CheckFailure} `session-shared` */
function expectOwnIds({ deployment }: TestGateway, begun: readonly Session[]): void {
  const ids = new Set(begun.map(({ id }) => id));
  if (ids.size === begun.length && !ids.has(undefined)) return;
  throw new CheckFailure({
    summary: "two clients get the same session, or one gets none",
    code: "session-shared",
    expected: `${begun.length} session ids for ${begun.length} handshakes`,
    actual: `${ids.size - (ids.has(undefined) ? 1 : 0)} different ids`,
    cause: "LiteLLM, or a proxy in front of it, gives a client the session of another",
    location: deployment.litellm.location,
  });
}

/** @throws {CheckFailure} `session-replaced` */
function expectSameSession(
  { deployment }: TestGateway,
  first: Session,
  before: readonly Exchange[],
  after: Exchange,
  later: string,
): void {
  if (isNamed(first, after)) return;
  const other = header(after.response?.headers, "mcp-session-id");
  throw new CheckFailure({
    summary: `the first session is gone after ${later}, and nothing says so to its client`,
    code: "session-replaced",
    expected: "an answer that names the first session, as before, or status 404",
    actual: `${statusText(after)} that names ${other === undefined ? "no session" : "another session"}`,
    cause:
      "LiteLLM ends the oldest sessions of a key that has too many, and serves a request of an ended session as one without a session (BerriAI/litellm#35383)",
    fix: "give the users keys of their own, or set the number of sessions for each key where the version has that setting",
    location: deployment.litellm.location,
    evidence: exchangeEvidence(after, ...before),
  });
}

/** @throws {CheckFailure} `session-lost` */
function expectNames(
  { deployment }: TestGateway,
  exchange: Exchange,
  expected: readonly string[],
  where: string,
): void {
  const listed = toolNamesIn(exchange).sort();
  const different = differences(expected, listed);
  if (different.length === 0) return;
  throw new CheckFailure({
    summary: `${where}: the listing is not complete`,
    code: "session-lost",
    expected: `the ${expected.length} tools of ${server}`,
    actual: `${listed.length} tools${different.length > 0 && listed.length > 0 ? ", not the same" : ""}, ${statusText(exchange)}`,
    cause: "LiteLLM keeps a session that has lost its servers, or has ended it without an answer that says so",
    location: deployment.litellm.location,
    evidence: exchangeEvidence(exchange),
  });
}

/** What the client does that gets 404 (MCP transports, session management, 4). */
async function expectNewSession(testGateway: TestGateway, expected: readonly string[]): Promise<void> {
  const session = await beginSession(testGateway, server);
  try {
    expectNames(
      testGateway,
      await listInSession(testGateway, session),
      expected,
      "a new session in the place of the first",
    );
  } finally {
    await endSession(testGateway, session);
  }
}

/** Whether the answer names the session that it belongs to. MCP leaves that to the server. */
function isNamed({ id }: Session, { response }: Exchange): boolean {
  return header(response?.headers, "mcp-session-id") === id;
}

async function refusesUnknown(testGateway: TestGateway, session: Session): Promise<boolean> {
  const unknown = await listInSession(testGateway, withSessionId(session, "00000000000000000000000000000000"));
  return unknown.response?.status === 404;
}
