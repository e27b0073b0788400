import type { Edge } from "../../../containers/targets/edge.ts";
import { forEachCase } from "../../../helpers/checks/cases.ts";
import { CheckFailure } from "../../../helpers/checks/check-failure.ts";
import { exchangeEvidence } from "../../../helpers/checks/evidence.ts";
import { check } from "../../runner/check.ts";
import { answerFrom } from "../../support/answers.ts";
import { matchersOf } from "../../support/live-rules.ts";
import { locationOf } from "../../support/router-locations.ts";

/** What a router legitimately answers to a host that nobody has: a refusal, or 421 (RFC 9110 §15.5.20). */
const refusals: ReadonlySet<number> = new Set([401, 403, 404, 421, 444]);

/** What `noop@internal` answers. It refuses unknown hosts where it takes all of their paths. */
const noopStatus = 418;

check({
  id: "ROUTE-10/routers-of-any-host",
  requirements: ["ROUTE-10"],
  title: "a router that names no host refuses or redirects what it takes",
  needs: ["edge"],
  async run({ edge, evidence }) {
    const cases = await routersOfAnyHost(edge);
    if (cases.length === 0) evidence.notSupported("every live router on the policy's entry points names its hosts");
    await forEachCase(
      "a request to an unknown host is not answered by a router of its own",
      cases,
      ({ name, entryPoint }) => `${name} on ${entryPoint}`,
      async ({ name, rule, host, path }) => {
        const lines = ["Host: unknown.example", `Authorization: Bearer ${edge.anyKey}`];
        const exchange = await edge.sendRaw({ host, path, lines });
        const { router, server } = await edge.routing(exchange);
        const status = exchange.response?.status ?? 0;
        const isRefusal = refusals.has(status) || (status === noopStatus && path === "/");
        const isRefused = server === undefined && (isRefusal || (status >= 300 && status < 400));
        if (router?.replace(/@.*$/, "") !== name.replace(/@.*$/, "") || isRefused) return;
        const location = locationOf(edge.deployment, name);
        throw new CheckFailure({
          summary: `${name} takes requests to any host`,
          code: "any-host",
          expected: "a refusal or a redirect for a host that nobody has",
          actual: answerFrom(server === undefined ? "Traefik" : "LiteLLM", exchange),
          evidence: exchangeEvidence(exchange),
          cause: `its rule names no host: ${rule}`,
          ...(location === undefined ? {} : { location }),
          fix: "add Host(`…`) to the rule, or remove the router",
        });
      },
    );
  },
});

/** Live routers without a host in their rules, with a request that each takes, on each entry point of the policy. */
async function routersOfAnyHost(edge: Edge) {
  const { routers } = await edge.routers();
  const hosts = [...new Map(edge.policy.hosts.map((host) => [host.entryPoint, host])).values()];
  return routers
    .filter(({ name }) => !name.endsWith("@internal"))
    .flatMap(({ name, rule, entryPoints }) => {
      const matchers = matchersOf(rule);
      if (matchers.length === 0 || matchers.some((one) => /^Host/.test(one.name))) return [];
      const path = matchers.find((one) => /^Path(Prefix)?$/.test(one.name))?.args[0] ?? "/";
      return hosts
        .filter(({ entryPoint = "" }) => entryPoints.includes(entryPoint))
        .map((host) => ({ name, rule, host, path, entryPoint: host.entryPoint ?? "" }));
    });
}
