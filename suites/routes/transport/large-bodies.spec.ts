import { createHash, randomBytes } from "node:crypto";
import type { Edge, EdgeRequest } from "../../../containers/targets/edge.ts";
import { forEachCase } from "../../../helpers/checks/cases.ts";
import { CheckFailure } from "../../../helpers/checks/check-failure.ts";
import { deadlines } from "../../../helpers/core/deadlines.ts";
import { type Exchange, receivedText } from "../../../helpers/protocol/exchange.ts";
import { check } from "../../runner/check.ts";
import { casesFor, onePathOf } from "../../support/access-cases.ts";
import { locationOnTheWay } from "../../support/router-locations.ts";
import { expectReached, reachedRequests } from "../support/edge-decisions.ts";

/** Size of a body in bytes: more than any buffer on the way holds by default. */
const bodySize = 5_000_000;
/** How often a large body is sent that gets no answer. */
const attempts = 3;

check({
  id: "ROUTE-18/large-bodies",
  requirements: ["ROUTE-18"],
  title: "a body of several megabytes passes unchanged in both directions",
  needs: ["edge"],
  async run({ edge, evidence }) {
    const { policy } = edge;
    // Base64 without line breaks shows any byte that is lost, doubled or changed.
    const body = randomBytes((bodySize * 3) / 4).toString("base64");
    // Public paths have a router of their own: a limit there would stop a login as well. One path is enough, because
    // the bodies of all of them at the same time are more than a client keeps on one connection.
    const open = casesFor(policy, ["anyone"], { methods: ["POST"] }).map(({ host, path, method }) => ({
      host,
      path,
      method,
    }));
    const reached = open.length === 0 ? [] : await reachedRequests(edge, open);
    const requests: EdgeRequest[] = [
      ...onePathOf(policy, ["bearer", "litellm", "login"], "POST").map(({ host, path }) => ({
        host,
        path,
        method: "POST",
        bearer: edge.anyKey,
        headers: edge.session,
      })),
      ...policy.hosts.flatMap((host) => reached.find(({ request }) => request.host === host)?.request ?? []),
    ];
    if (requests.length === 0) evidence.notSupported("the policy lets no request with a body through");
    await forEachCase(
      "a large body comes back as it was sent",
      requests,
      ({ host, path }) => `${host.name}${path}`,
      async (request) => {
        const exchange = await sendWhole(edge, { ...request, body });
        // whoami answers with the whole request as it received it.
        const echoed = exchange.response?.body ?? "";
        const at = echoed.indexOf(body.slice(0, 64));
        const back = at < 0 ? "" : echoed.slice(at, at + body.length);
        if (digest(back) === digest(body)) return;
        // Control: where a small body does not get through either, the size is not why.
        await expectReached(edge, await edge.send({ ...request, body: "{}" }));
        const isComplete = back.length === body.length;
        throw new CheckFailure({
          summary: isComplete ? "the body comes back changed" : "the body does not come back whole",
          code: isComplete ? "changed" : "cut",
          expected: `${body.length} bytes, unchanged`,
          actual: `${back.length} bytes${isComplete ? ", changed" : ""}`,
          evidence: { received: receivedText(exchange), exchanges: [exchange.id] },
          cause: "a buffering middleware limits bodies (maxRequestBodyBytes, maxResponseBodyBytes)",
          ...(await locationOnTheWay(edge, exchange, /^buffering/i)),
        });
      },
    );
  },
});

/**
 * Sends a large body. An answer that comes while the body is sent cannot be read, and may be the refusal of a rate limit: a small body
 * then waits for it.
 */
async function sendWhole(edge: Edge, request: EdgeRequest): Promise<Exchange> {
  for (let attempt = 1; ; attempt += 1) {
    const exchange = await edge.send({ ...request, deadline: deadlines.mcpRequest });
    if (exchange.response !== undefined || attempt === attempts) return exchange;
    await edge.send({ ...request, body: "{}" });
  }
}

function digest(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
