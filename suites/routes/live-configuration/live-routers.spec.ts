import type { Edge, EdgeRequest } from "../../../containers/targets/edge.ts";
import { forEachCase } from "../../../helpers/checks/cases.ts";
import { CheckFailure, type FailureDetails } from "../../../helpers/checks/check-failure.ts";
import { exchangeEvidence } from "../../../helpers/checks/evidence.ts";
import { followsLoading, ruleRequestOf, whyNotReached } from "../../../helpers/checks/routing-causes.ts";
import { decide, isOpen } from "../../../helpers/deployment/policy/access.ts";
import { isChosenFor, matchesRule, outranked } from "../../../helpers/deployment/traefik/missed-router.ts";
import type { Policy } from "../../../helpers/deployment/types.ts";
import type { Exchange } from "../../../helpers/protocol/exchange.ts";
import { check } from "../../runner/check.ts";
import { casesFor, hostText, pathsOf } from "../../support/access-cases.ts";
import { type LiveService, liveServices, matchersOf, namesOtherHosts, withProvider } from "../../support/live-rules.ts";
import { causeOfRouter, locationOf } from "../../support/router-locations.ts";
import { noRouterFailure } from "../support/no-router.ts";
import { allowedPreflights, preflightHeaders } from "../support/preflights.ts";
import { type SentRequest, whyNotHit } from "../support/unclaimed-router.ts";

type LiveRouter = Awaited<ReturnType<Edge["routers"]>>["routers"][number];

check({
  id: "ROUTE-12/routers-claimed-and-hit",
  requirements: ["ROUTE-12"],
  title: "every live router is claimed by the policy, enabled without error, and was hit",
  needs: ["edge"],
  async run({ edge, evidence }) {
    const { routers, text } = await edge.routers();
    await evidence.keep("rawdata.json", text);
    const own = routers.filter(({ name }) => !name.endsWith("@internal"));
    if (own.length === 0) throw new CheckFailure(noRouterFailure(edge.deployment));
    const hit = await routersHit(edge);
    const services = liveServices(text);
    const ofLiteLLM = serversOf(
      own.filter(({ name }) => hit.forwarding.has(withoutProvider(name))),
      services,
    );
    const logins = loginServices(edge.policy);
    const leadsElsewhere = (router: LiveRouter): boolean => {
      const servers = serversOf([router], services);
      if (servers.some((url) => ofLiteLLM.includes(url))) return false;
      const isLogin = [withoutProvider(router.service), ...servers.map((url) => new URL(url).hostname)].some((name) =>
        logins.has(name),
      );
      return isLogin || servesNothing(router) || namesOtherHosts(router.rule, edge.policy);
    };
    const others = own.filter(leadsElsewhere).map(({ name }) => name);
    if (others.length > 0)
      evidence.finding(
        `These routers lead to other services than LiteLLM, on hosts that the policy does not name or to its login, or to none: ${others.join(", ")}.`,
      );
    const ofPolicy = own.filter((router) => !leadsElsewhere(router));
    const copies = unaskedCopies(edge, ofPolicy, hit.taken);
    if (copies.length > 0)
      evidence.finding(
        `Traefik has these routers once for each of their entry points, and no request of the policy takes this one: ${copies.join(", ")}.`,
      );
    const unserved = hit.sent.find(({ routing: { router } }) => router === undefined);
    if (ofPolicy.length === 0 && unserved !== undefined) {
      throw new CheckFailure({
        summary: "no live router leads to LiteLLM on a host of the policy",
        code: "no-router",
        expected: "at least one",
        actual: `none: ${others.join(", ")} lead elsewhere`,
        evidence: exchangeEvidence(unserved.exchange),
        ...whyNotReached(edge.deployment, unserved.exchange, unserved.routing),
      });
    }
    await forEachCase(
      "a live router is claimed by the policy and enabled without error",
      ofPolicy,
      ({ name }) => name,
      async (router) => {
        const isSound = router.status === "enabled" && router.errors.length === 0;
        const isHit = hit.taken.has(withoutProvider(router.name)) || copies.includes(router.name);
        if (isSound && isHit) return;
        const written = `rule ${router.rule}, priority ${router.priority}, service ${router.service}`;
        const location = locationOf(edge.deployment, router.name);
        throw new CheckFailure({
          ...(isSound
            ? {
                summary: `${router.name} is claimed by nothing in the policy`,
                code: "unclaimed-router",
                expected: "a router that takes at least one request that the policy describes",
                actual: `${written}: it took none`,
                cause: "the router was forgotten or added, or another router outranks its rule",
              }
            : {
                summary: `${router.name} is not enabled without error`,
                code: "router-error",
                expected: "status enabled, no error",
                actual: [`status ${router.status}: ${written}`, ...router.errors].join("\n"),
                cause: "its rule is invalid, or it names a middleware or service that does not exist",
              }),
          ...(location === undefined ? {} : { location }),
          fix: "remove the router or correct it, or add what it serves to the policy",
          ...(isSound
            ? whyNotHit(edge.deployment, router.name, hit.sent)
            : { ...causeOfRouter(edge.deployment, router), ...followsLoading }),
        });
      },
    );
  },
});

check({
  id: "ROUTE-12/injected-route-in-one-router",
  requirements: ["ROUTE-12"],
  title: "the path of an injected route stands in the rule of one router only",
  needs: ["edge"],
  async run({ edge, evidence }) {
    const { policy } = edge;
    const injected = casesFor(policy, ["injected"]);
    if (injected.length === 0) evidence.notSupported("the policy has no injected route");
    const { routers } = await edge.routers();
    await forEachCase(
      "no other router names the path",
      injected,
      ({ host, path }) => `${hostText(policy, host)}${path}`,
      async ({ host, path }) => {
        const exchange = await edge.send({ host, path });
        const taken = (await edge.routing(exchange)).router ?? "";
        const other = routers.find(({ name, rule, status }) => {
          // A router that Traefik disables takes nothing: that it is disabled is a failure of its own.
          if (withoutProvider(name) === withoutProvider(taken) || status !== "enabled") return false;
          const matchers = matchersOf(rule);
          const hosts = matchers.filter((one) => one.name === "Host").flatMap(({ args }) => args);
          const names = matchers.filter((one) => /^Path(Prefix)?$/.test(one.name)).flatMap(({ args }) => args);
          return names.includes(path) && (hosts.length === 0 || hosts.includes(host.name));
        });
        if (other === undefined) return;
        const location = locationOf(edge.deployment, other.name);
        throw new CheckFailure({
          summary: `${path} stands in the rules of ${taken} and ${other.name}`,
          code: "two-routers",
          expected: `${path} in the rule of one router`,
          actual: `${other.name} (priority ${other.priority}) names it too: ${other.rule}`,
          cause: "only the priorities decide whether a key is added: the other router leads there without one",
          ...(location === undefined ? {} : { location }),
          fix: `remove the path from the rule of ${other.name}`,
          ...(whyOutranked(edge, exchange, taken, other.name) ?? {}),
        });
      },
    );
  },
});

/** Why a router of any path takes the request of another one, which names its path; undefined where both name it. */
function whyOutranked(
  { deployment: { traefikModel: model } }: Edge,
  exchange: Exchange,
  taken: string,
  other: string,
): Pick<FailureDetails, "cause" | "location" | "fix"> | undefined {
  const request = ruleRequestOf(exchange);
  const [winner, meant] = [model.routerOf(taken), model.routerOf(other)];
  if (request === undefined || winner?.rule === undefined || meant?.rule === undefined) return undefined;
  if (isChosenFor(winner.rule, request) || !matchesRule(meant.rule, request)) return undefined;
  return outranked(model, winner, meant);
}

/**
 * The routers that take no request, and that Traefik made of one whose copy on another entry point does: where the entry points have
 * defaults of their own, it has a router for each. What is before it there, e.g. a redirection to HTTPS, may take everything.
 */
function unaskedCopies(
  { deployment: { traefikModel: model } }: Edge,
  routers: readonly LiveRouter[],
  taken: ReadonlySet<string>,
): string[] {
  const isTaken = ({ name }: LiveRouter): boolean => taken.has(withoutProvider(name));
  const asked = new Set(routers.filter(isTaken).flatMap(({ name }) => model.routerOf(name) ?? []));
  return routers.flatMap((router) => {
    const written = model.routerOf(router.name);
    return !isTaken(router) && written !== undefined && asked.has(written) ? router.name : [];
  });
}

/** The routers that take what the policy describes, and those of them that forward it to a server. */
async function routersHit(edge: Edge): Promise<{ taken: Set<string>; forwarding: Set<string>; sent: SentRequest[] }> {
  const sent = await Promise.all(
    requestsOf(edge).map(async (request): Promise<SentRequest> => {
      const exchange = await edge.send(request);
      return { host: request.host, exchange, routing: await edge.routing(exchange) };
    }),
  );
  const names = (own: SentRequest[]): Set<string> =>
    new Set(own.flatMap(({ routing: { router } }) => (router === undefined ? [] : [withoutProvider(router)])));
  return { taken: names(sent), forwarding: names(sent.filter(({ routing }) => routing.server !== undefined)), sent };
}

/** Each path of each host by the methods that the policy names, as each caller that it tells apart. */
function requestsOf(edge: Edge): EdgeRequest[] {
  const { policy } = edge;
  const preflights = allowedPreflights(policy).map(({ host, path, origin }) => ({
    host,
    path,
    method: "OPTIONS",
    headers: preflightHeaders(origin),
  }));
  const others = policy.hosts.flatMap((host) => {
    const named = host.access?.flatMap(({ methods = [] }) => methods) ?? [];
    const methods = [...new Set(["GET", ...named])];
    return pathsOf(policy, host).flatMap((path) =>
      methods.flatMap((method) => {
        const decision = decide(policy, host, { method, path });
        const request = { host, path, method };
        return [
          request,
          ...(isOpen(decision) ? [] : [{ ...request, bearer: edge.anyKey }]),
          ...(decision.who === "login" ? [{ ...request, headers: edge.session }] : []),
        ];
      }),
    );
  });
  return [...preflights, ...others];
}

/**
 * Whether a router leads to no service and names no host, or hosts by a pattern only: e.g. one that keeps the paths of ACME's
 * HTTP challenge away from the others, or that refuses unknown hosts. One that names a host of the policy is that host's, and the
 * policy must claim it.
 */
function servesNothing({ rule, service }: LiveRouter): boolean {
  const namesHost = matchersOf(rule).some(({ name }) => name === "Host");
  return ["noop@internal", "acme-http@internal"].includes(service) && !namesHost;
}

/** The services that log users in: the policy's `access` and `authorization` name them. */
function loginServices({ hosts, authorization }: Policy): ReadonlySet<string> {
  const inAccess = hosts.flatMap(({ access = [] }) =>
    access.flatMap(({ who, service }) => (who === "login" ? [service] : [])),
  );
  return new Set([...inAccess, authorization?.proxy, authorization?.provider].filter((name) => name !== undefined));
}

function serversOf(routers: readonly LiveRouter[], services: ReadonlyMap<string, LiveService>): string[] {
  return routers.flatMap(({ name, service }) => services.get(withProvider(service, name))?.servers ?? []);
}

/** `litellm-public` of `litellm-public@docker`. */
function withoutProvider(router: string): string {
  return router.replace(/@.*$/, "");
}
