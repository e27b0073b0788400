import type { Edge } from "../../../containers/targets/edge.ts";
import { forEachCase } from "../../../helpers/checks/cases.ts";
import { CheckFailure } from "../../../helpers/checks/check-failure.ts";
import { exchangeEvidence } from "../../../helpers/checks/evidence.ts";
import type { PolicyHost } from "../../../helpers/deployment/types.ts";
import { check } from "../../runner/check.ts";
import { answerFrom } from "../../support/answers.ts";
import { locationOf } from "../../support/router-locations.ts";
import { type HostlessRequest, hostlessRequests } from "../support/hostless-requests.ts";

/** What a router legitimately answers to a host that nobody has: a refusal, or 421 (RFC 9110 §15.5.20). */
const refusals: ReadonlySet<number> = new Set([401, 403, 404, 421, 444]);

const unknownHost = "unknown.example";

/** What `noop@internal` answers. It refuses unknown hosts where it takes all of their paths. */
const noopStatus = 418;

check({
  id: "ROUTE-10/routers-of-any-host",
  requirements: ["ROUTE-10"],
  title: "a router that names no host refuses or redirects what it takes",
  needs: ["edge"],
  async run({ edge, evidence }) {
    const { cases, untried, count } = await routersOfAnyHost(edge);
    if (count === 0) evidence.notSupported("Traefik has no router of the deployment on the policy's entry points");
    const unproved = untried.map((one) => `whether it takes requests to any host is not proved for ${one}`);
    if (cases.length === 0)
      evidence.notSupported(
        unproved.length > 0 ? unproved.join("; ") : "every live router on the policy's entry points names its hosts",
      );
    for (const one of unproved) evidence.finding(`A rule was not tried: ${one}.`);
    await forEachCase(
      "a request to an unknown host is not answered by a router of its own",
      cases,
      ({ name, entryPoint }) => `${name} on ${entryPoint}`,
      async ({ name, host, requests }) => {
        for (const { request, cause, fix } of requests) {
          const exchange = await edge.sendRaw({ host, ...rawRequest(request, edge.anyKey) });
          const { router, server } = await edge.routing(exchange);
          const status = exchange.response?.status ?? 0;
          const isRefusal = refusals.has(status) || (status === noopStatus && request.path === "/");
          const isRefused = server === undefined && (isRefusal || (status >= 300 && status < 400));
          if (router?.replace(/@.*$/, "") !== name.replace(/@.*$/, "") || isRefused) continue;
          const location = locationOf(edge.deployment, name);
          throw new CheckFailure({
            summary: `${name} takes requests to any host`,
            code: "any-host",
            expected: "a refusal or a redirect for a host that nobody has",
            actual: answerFrom(server === undefined ? "Traefik" : "LiteLLM", exchange),
            evidence: exchangeEvidence(exchange),
            cause,
            ...(location === undefined ? {} : { location }),
            fix,
          });
        }
      },
    );
  },
});

interface RouterOfAnyHost {
  name: string;
  host: PolicyHost;
  requests: readonly HostlessRequest[];
  entryPoint: string;
}

/**
 * Live routers that a rule without a host, or an alternative without one, may lead to, on each entry point of the policy.
 *
 * @returns `untried`: the routers whose rules could not be tried, each with the reason; `count`: how many there are in all
 */
async function routersOfAnyHost(edge: Edge): Promise<{ cases: RouterOfAnyHost[]; untried: string[]; count: number }> {
  const { routers } = await edge.routers();
  const hosts = [...new Map(edge.policy.hosts.map((host) => [host.entryPoint, host])).values()];
  const cases: RouterOfAnyHost[] = [];
  const untried: string[] = [];
  let count = 0;
  for (const { name, rule, entryPoints } of routers) {
    const through = hosts.filter(({ entryPoint = "" }) => entryPoints.includes(entryPoint));
    if (name.endsWith("@internal") || through.length === 0) continue;
    count += 1;
    const requests = hostlessRequests(rule, unknownHost);
    if ("untried" in requests) untried.push(`${name} (${requests.untried})`);
    else if (requests.length > 0)
      cases.push(...through.map((host) => ({ name, host, requests, entryPoint: host.entryPoint ?? "" })));
  }
  return { cases, untried, count };
}

/** The request to the unknown host, with a key where its router asks for no other one. */
function rawRequest({ method, path, headers, query }: HostlessRequest["request"], key: string) {
  const own = headers.filter(([name]) => name.toLowerCase() !== "authorization");
  const parameters = query.map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`);
  return {
    method,
    path: parameters.length > 0 ? `${path}?${parameters.join("&")}` : path,
    lines: [`Host: ${unknownHost}`, `Authorization: Bearer ${key}`, ...own.map(([name, value]) => `${name}: ${value}`)],
  };
}
