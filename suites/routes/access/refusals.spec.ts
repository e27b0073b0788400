import { forEachCase } from "../../../helpers/checks/cases.ts";
import { CheckFailure, type FailureDetails } from "../../../helpers/checks/check-failure.ts";
import { exchangeEvidence } from "../../../helpers/checks/evidence.ts";
import { whyOtherStatus, whyRefusedOtherwise, whyUnchallenged } from "../../../helpers/checks/routing-causes.ts";
import { header } from "../../../helpers/protocol/exchange.ts";
import { check } from "../../runner/check.ts";
import { type AccessCase, casesFor, hostText } from "../../support/access-cases.ts";
import { locationOfMisplaced, locationOnTheWay } from "../../support/router-locations.ts";
import { expectRefused, reachedRequests } from "../support/edge-decisions.ts";

check({
  id: "ROUTE-14/status-and-challenge",
  requirements: ["ROUTE-14"],
  title: "a refused request is answered with the policy's status and challenge",
  needs: ["edge"],
  async run({ edge, evidence }) {
    const { policy } = edge;
    const all = casesFor(policy, ["bearer", "login", "nobody"], { methods: ["GET", "POST"] });
    const cases = all.filter(isOfRefusal).flatMap((one) =>
      // Where nobody gets in, a key changes nothing in the answer.
      (one.decision.who === "nobody" ? [undefined, edge.anyKey] : [undefined]).map((bearer) => ({ ...one, bearer })),
    );
    if (cases.length === 0)
      evidence.notSupported("the policy restricts nothing at Traefik: LiteLLM alone refuses requests");
    await forEachCase(
      "a refused request is answered as the policy says",
      cases,
      ({ host, path, method, bearer }) =>
        `${method} ${hostText(policy, host)}${path}${bearer === undefined ? "" : " with a key"}`,
      async ({ host, path, method, bearer, decision }) => {
        const { challenge } = decision.refusal;
        const exchange = await edge.send({ host, path, method, ...(bearer === undefined ? {} : { bearer }) });
        await expectRefused(edge, exchange);
        const offered = header(exchange.response?.headers, "www-authenticate");
        const isChallenged = challenge === undefined || offered?.toLowerCase().startsWith(challenge.toLowerCase());
        const found = exchange.response?.status ?? 0;
        if (isMeant(decision, found) && isChallenged) return;
        const meant = statusesText(decision);
        const routing = await edge.routing(exchange);
        throw new CheckFailure({
          summary: `the answer is ${found} ${offered === undefined ? "without" : "with"} WWW-Authenticate`,
          code: isMeant(decision, found) ? "wrong-challenge" : "wrong-status",
          expected: `${meant}${challenge === undefined ? "" : `, WWW-Authenticate: ${challenge}`}`,
          actual: `${found}, ${offered === undefined ? "no WWW-Authenticate" : `WWW-Authenticate: ${offered}`}`,
          evidence: exchangeEvidence(exchange),
          cause: "the router for refused requests answers differently from the policy",
          ...(await locationOnTheWay(
            edge,
            exchange,
            challenge !== undefined && !isChallenged ? /www-authenticate/i : /status/i,
          )),
          ...(isMeant(decision, found) ? whyUnchallenged : whyOtherStatus)(edge.deployment, routing),
          ...(whyRefusedOtherwise(edge.deployment, exchange, routing.router) ??
            (found === 404 && routing.router === undefined ? causeOfNoMatch(decision) : undefined)),
        });
      },
    );
  },
});

/** What the policy says of a request that Traefik refuses. */
type Refused = AccessCase<"bearer" | "login" | "nobody">["decision"];

/** Whether the policy's answer is meant for the method. A service of Traefik's own answers 200 to a GET, and 405 to a POST. */
function isOfRefusal({ method, decision }: AccessCase<"bearer" | "login" | "nobody">): boolean {
  return method === "GET" || decision.who !== "nobody" || decision.refusal.statuses.every((status) => status >= 400);
}

function isMeant({ refusal: { statuses } }: Refused, status: number): boolean {
  return statuses.length === 0 ? status >= 400 : statuses.includes(status);
}

/** Why Traefik itself answers 404. */
function causeOfNoMatch(decision: Refused): Pick<FailureDetails, "cause" | "location" | "fix"> {
  const effect =
    decision.who === "nobody" ? "" : ": an MCP client concludes that the endpoint is missing and never logs in";
  return {
    cause: `no router matches, so Traefik answers 404${effect}`,
    location: decision.location,
    fix: `add a catch-all router of the lowest priority that answers ${statusesText(decision)}`,
  };
}

function statusesText({ refusal: { statuses } }: Refused): string {
  return statuses.length === 0 ? "400 or above" : statuses.join(" or ");
}

check({
  id: "ROUTE-14/no-challenge-when-allowed",
  requirements: ["ROUTE-14"],
  title: "a request that gets through is not challenged on the way",
  needs: ["edge"],
  async run({ edge, evidence }) {
    const { policy } = edge;
    const requests = [
      ...casesFor(policy, ["anyone", "litellm", "injected"]).map(({ host, path }) => ({ host, path })),
      ...casesFor(policy, ["bearer"]).map(({ host, path }) => ({ host, path, bearer: edge.anyKey })),
      ...casesFor(policy, ["login"]).map(({ host, path }) => ({ host, path, headers: edge.session })),
    ];
    if (requests.length === 0) evidence.notSupported("the policy lets no request through");
    await forEachCase(
      "the answer carries no challenge that the target did not send",
      await reachedRequests(edge, requests),
      ({ request: { host, path } }) => `${host.name}${path}`,
      async ({ exchange }) => {
        const offered = header(exchange.response?.headers, "www-authenticate");
        if (offered === undefined) return;
        throw new CheckFailure({
          summary: `the answer offers WWW-Authenticate: ${offered}`,
          code: "unexpected-challenge",
          expected: "no WWW-Authenticate",
          actual: `WWW-Authenticate: ${offered}`,
          evidence: exchangeEvidence(exchange),
          cause:
            "the middleware that challenges is on this router too: it replaces LiteLLM's own challenge, which says where an MCP client logs in",
          ...(await locationOfMisplaced(edge, exchange, /www-authenticate/i)),
          fix: "remove the challenging middleware from this router",
        });
      },
    );
  },
});
