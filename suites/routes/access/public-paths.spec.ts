import { forEachCase } from "../../../helpers/checks/cases.ts";
import { CheckFailure } from "../../../helpers/checks/check-failure.ts";
import { exchangeEvidence } from "../../../helpers/checks/evidence.ts";
import { whyNotReached } from "../../../helpers/checks/routing-causes.ts";
import { accessRules, prefixOf } from "../../../helpers/deployment/policy/access.ts";
import type { Policy, PolicyHost } from "../../../helpers/deployment/types.ts";
import { check } from "../../runner/check.ts";
import { casesFor, hostsWith, pathsOf } from "../../support/access-cases.ts";
import { answerFrom } from "../../support/answers.ts";
import { locationOnTheWay } from "../../support/router-locations.ts";
import { expectReached } from "../support/edge-decisions.ts";

/** Who lets a request without a credential through. */
const open = ["anyone", "litellm"] as const;
const nothingOpen = "the policy opens no path to callers without a credential";

check({
  id: "ROUTE-01/public-paths",
  requirements: ["ROUTE-01"],
  title: "each public path answers without credentials on each host",
  needs: ["edge"],
  async run({ edge, evidence }) {
    if (hostsWith(edge.policy, ...open).length === 0) evidence.notSupported(nothingOpen);
    const cases = openCases(edge.policy, "GET");
    await forEachCase(
      "a public path answers an anonymous GET",
      cases,
      ({ host, path }) => `${host.name}${path}`,
      async (request) => {
        const exchange = await edge.send(request);
        const received = await expectReached(edge, exchange);
        if (received.method === "GET" && received.target === request.path && exchange.response?.status === 200) return;
        throw new CheckFailure({
          summary: `the target received ${received.method} ${received.target} instead`,
          code: "changed",
          expected: `200 to GET ${request.path}`,
          actual: `${exchange.response?.status} to ${received.method} ${received.target}`,
          evidence: exchangeEvidence(exchange),
          cause: "a middleware rewrites the request",
          ...(await locationOnTheWay(edge, exchange, /customrequestheaders|path|prefix/i)),
        });
      },
    );
  },
});

check({
  id: "ROUTE-01/head-requests",
  requirements: ["ROUTE-01"],
  title: "each public path answers HEAD as it answers GET",
  needs: ["edge"],
  async run({ edge, evidence }) {
    const requests = openCases(edge.policy, "HEAD");
    if (requests.length === 0) evidence.notSupported(nothingOpen);
    const before = await edge.targetLog();
    await forEachCase(
      "a public path answers an anonymous HEAD",
      requests,
      ({ host, path }) => `${host.name}${path}`,
      async (request) => {
        // An answer to HEAD has no body in which the target can name itself: Traefik's log says who answered.
        const exchange = await edge.send(request);
        const { router, server, status } = await edge.routing(exchange);
        if (exchange.response?.status === 200 && server !== undefined) return;
        throw new CheckFailure({
          summary: `HEAD ${request.path} on ${request.host.name} does not get through`,
          code: "not-reached",
          expected: "200 from LiteLLM",
          actual: answerFrom(server === undefined ? "Traefik" : "LiteLLM", exchange),
          evidence: exchangeEvidence(exchange),
          ...whyNotReached(edge.deployment, exchange, { router, status }),
        });
      },
    );
    const heads = (log: string[]): number => log.filter((line) => line.startsWith("HEAD ")).length;
    const arrived = heads(await edge.targetLog()) - heads(before);
    if (arrived >= requests.length) return;
    throw new CheckFailure({
      summary: "not every HEAD request is in the target's own log",
      code: "not-in-target-log",
      expected: `${requests.length} HEAD requests in the target's log`,
      actual: `${arrived} HEAD requests`,
      cause: "something between Traefik and the target answers for it",
      location: edge.deployment.litellm.location,
    });
  },
});

/** Requests without a credential that the policy lets through; what is below a public path is the subject of ROUTE-02. */
function openCases(policy: Policy, method: string): { host: PolicyHost; path: string; method: string }[] {
  return casesFor(policy, open, { methods: [method], paths: pathsNamedIn }).map(({ host, path }) => ({
    host,
    path,
    method,
  }));
}

/** Each path that a rule names; where a rule names none, LiteLLM's. */
function pathsNamedIn(policy: Policy, host: PolicyHost): string[] {
  const rules = accessRules(policy, host);
  const named = rules.flatMap(({ paths = [] }) => paths.filter((pattern) => prefixOf(pattern) === undefined));
  const others = rules.some(({ who, paths }) => who === "litellm" && paths === undefined) ? pathsOf(policy, host) : [];
  return [...new Set([...named, ...others])];
}
