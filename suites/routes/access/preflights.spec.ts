import { forEachCase } from "../../../helpers/checks/cases.ts";
import { CheckFailure } from "../../../helpers/checks/check-failure.ts";
import { exchangeEvidence } from "../../../helpers/checks/evidence.ts";
import { header } from "../../../helpers/protocol/exchange.ts";
import { check } from "../../runner/check.ts";
import { hostText, onePathOf } from "../../support/access-cases.ts";
import { answerFrom } from "../../support/answers.ts";
import { locationOf } from "../../support/router-locations.ts";
import {
  allowedPreflights,
  allowsPages,
  foreignOrigin,
  preflightFault,
  preflightHeaders,
} from "../support/preflights.ts";

check({
  id: "ROUTE-25/allowed-preflights",
  requirements: ["ROUTE-25"],
  title: "a preflight that the policy allows is answered by Traefik, or reaches LiteLLM",
  needs: ["edge"],
  async run({ edge, evidence }) {
    const cases = allowedPreflights(edge.policy);
    if (cases.length === 0)
      evidence.notSupported("the policy lets no page of another origin call the gateway (hosts[].cors)");
    await forEachCase(
      "a page of the origin may send its request",
      cases,
      ({ host, path, origin }) => `${origin} to ${hostText(edge.policy, host)}${path}`,
      async ({ host, path, origin, rule }) => {
        const exchange = await edge.send({ host, path, method: "OPTIONS", headers: preflightHeaders(origin) });
        const fault = preflightFault(exchange, origin);
        // What LiteLLM answers is the subject of the check on the whole gateway.
        if (edge.received(exchange) !== undefined || fault === undefined) return;
        const { router } = await edge.routing(exchange);
        throw new CheckFailure({
          summary: `the preflight of ${origin} for ${path} is refused`,
          code: "preflight-refused",
          expected: `an answer that allows POST with Authorization to ${origin}`,
          actual: `${answerFrom("Traefik", exchange)}: ${fault}`,
          evidence: exchangeEvidence(exchange),
          cause:
            router === undefined
              ? "no router takes OPTIONS without a credential"
              : `the router ${router} took the request`,
          location: locationOf(edge.deployment, router) ?? rule.location,
          fix: "let OPTIONS pass to LiteLLM, or add a headers middleware with accessControlAllowOriginList",
        });
      },
    );
  },
});

check({
  id: "ROUTE-25/foreign-origins",
  requirements: ["ROUTE-25"],
  title: "Traefik allows no page of an origin that the policy does not name",
  needs: ["edge"],
  async run({ edge, evidence }) {
    const { policy } = edge;
    const cases = (["bearer", "login", "nobody", "redirect"] as const).flatMap((who) => onePathOf(policy, [who]));
    const endpoints = policy.hosts.map((host) => ({ host, path: policy.mcp.endpoint }));
    const all = [...cases, ...endpoints].map(({ host, path }) => ({ host, path }));
    if (all.length === 0) evidence.notSupported("the policy names no host");
    await forEachCase(
      "a preflight of a foreign origin is not allowed",
      all,
      ({ host, path }) => `${hostText(policy, host)}${path}`,
      async ({ host, path }) => {
        const exchange = await edge.send({ host, path, method: "OPTIONS", headers: preflightHeaders(foreignOrigin) });
        const allowed = header(exchange.response?.headers, "access-control-allow-origin");
        if (edge.received(exchange) !== undefined || (allowed !== "*" && allowed !== foreignOrigin)) return;
        const { router } = await edge.routing(exchange);
        const location = locationOf(edge.deployment, router, "middlewares") ?? host.cors?.location;
        throw new CheckFailure({
          summary: `Traefik lets pages of every origin call ${path}`,
          code: "foreign-origin-allowed",
          expected: allowsPages(host, path)
            ? `only ${host.cors?.origins.join(", ")}`
            : "no Access-Control-Allow-Origin: the policy has no cors for this path",
          actual: `Access-Control-Allow-Origin: ${allowed}`,
          evidence: exchangeEvidence(exchange),
          cause: `a headers middleware${router === undefined ? "" : ` of the router ${router}`} allows it (accessControlAllowOriginList or …Regex)`,
          ...(location === undefined ? {} : { location }),
          fix: "name the origins in the middleware, and in hosts[].cors of the policy",
        });
      },
    );
  },
});
