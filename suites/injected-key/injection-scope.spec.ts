import type { Edge } from "../../containers/targets/edge.ts";
import { forEachCase } from "../../helpers/checks/cases.ts";
import { CheckFailure } from "../../helpers/checks/check-failure.ts";
import { exchangeEvidence } from "../../helpers/checks/evidence.ts";
import type { InjectedRoute, PolicyHost } from "../../helpers/deployment/types.ts";
import type { Exchange } from "../../helpers/protocol/exchange.ts";
import { check } from "../runner/check.ts";
import { casesFor } from "../support/access-cases.ts";
import { locationOnTheWay } from "../support/router-locations.ts";
import {
  arrivedCredentials,
  hostsOf,
  injectedRequests,
  injectedRoutes,
  routerLocation,
  whyNotInjected,
} from "./support/injected-routes.ts";
import { similarTargets } from "./support/similar-targets.ts";

/** Methods that a client may send; without HEAD, whose answer has no body in which the target shows what it received. */
const methods = ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND"] as const;

check({
  id: "INJ-02/injected-on-its-route",
  requirements: ["INJ-02"],
  title: "the key is injected on its route, for its hosts and methods",
  needs: ["edge"],
  async run({ edge, evidence }) {
    const cases = injectedRequests(edge.policy, evidence).flatMap((one) =>
      one.route.methods.filter((method) => method !== "HEAD").map((method) => ({ ...one, method })),
    );
    await forEachCase(
      "an anonymous request arrives with the injected key",
      cases,
      ({ route, host, method }) => `${method} ${host.name}${route.path}`,
      async ({ route, host, method }) => {
        const exchange = await edge.send({ host, path: route.path, method });
        // Which key it is, is the subject of INJ-03: here only its presence counts.
        const arrived = arrivedCredentials(edge, exchange);
        const [value = ""] = arrived;
        if (arrived.length === 1 && !/^\S+ +\S/.test(value)) {
          throw new CheckFailure({
            summary: "the injected key has no scheme",
            code: "no-scheme",
            expected: "Authorization: Bearer and the key",
            actual: "Authorization with one word",
            evidence: exchangeEvidence(exchange),
            cause:
              "the header has the key alone, and LiteLLM reads one behind 'Bearer' only (RFC 9110 §11.4: the scheme first)",
            ...(await locationOnTheWay(edge, exchange, /customrequestheaders\.authorization$/i)),
            fix: "write 'Bearer ' in front of the key",
          });
        }
        if (arrived.length === 1) return;
        throw new CheckFailure({
          summary: "no key is injected",
          code: "not-injected",
          expected: "exactly one Authorization value at LiteLLM",
          actual: `${arrived.length} values`,
          evidence: exchangeEvidence(exchange),
          ...(await whyNotInjected(edge, exchange, route)),
        });
      },
    );
  },
});

check({
  id: "INJ-02/injected-nowhere-else",
  requirements: ["INJ-02"],
  title: "the key is injected on no other path, host or method",
  needs: ["edge"],
  async run({ edge, evidence }) {
    await forEachCase(
      "a request other than the injected route's carries no injected key",
      injectedRoutes(edge.policy, evidence).flatMap((route) => otherRequests(edge, route)),
      ({ host, method, target, hostLine }) => `${method} ${hostLine ?? host.name} ${target}`,
      async (request) => {
        const { route, host, method, target, hostLine } = request;
        const lines = ["Connection: close", ...(hostLine === undefined ? [] : [hostLine])];
        const exchange = await edge.sendRaw({ host, path: route.path, method, target, lines });
        if (!(await carriesInjectedKey(edge, request, exchange))) return;
        throw new CheckFailure({
          summary: `anyone who requests ${target} with ${method} gets the injected key on the way`,
          code: "injected-elsewhere",
          expected: "no Authorization at LiteLLM",
          actual: "the request arrives with the injected key",
          evidence: exchangeEvidence(exchange),
          cause: "the injecting router's rule is too broad: it must require Host, Method and Path together",
          ...(await routerLocation(edge, exchange)),
        });
      },
    );
  },
});

/** An anonymous request on which no key may be injected. */
interface OtherRequest {
  route: InjectedRoute;
  host: PolicyHost;
  method: string;
  target: string;
  /** A Host header that replaces the host's own. */
  hostLine?: string;
}

function otherRequests(edge: Edge, route: InjectedRoute): OtherRequest[] {
  const { hosts } = edge.policy;
  const own = hostsOf(route, edge.policy);
  const others = hosts.filter((host) => !own.includes(host));
  const unknownHosts = (host: PolicyHost): string[] => ["unknown.example", `x.${host.name}`, "127.0.0.1"];
  const get = { route, method: "GET", target: route.path };
  return [
    ...own.flatMap((host) => similarTargets(route.path).map((target) => ({ ...get, host, target }))),
    ...own.flatMap((host) =>
      methods.filter((method) => !route.methods.includes(method)).map((method) => ({ ...get, host, method })),
    ),
    ...others.map((host) => ({ ...get, host })),
    // Another router may have the middleware: public paths on every host must arrive without a key.
    ...casesFor(edge.policy, ["anyone"]).map(({ host, path }) => ({ ...get, host, target: path })),
    ...hosts.flatMap((host) => unknownHosts(host).map((name) => ({ ...get, host, hostLine: `Host: ${name}` }))),
  ];
}

async function carriesInjectedKey(
  edge: Edge,
  { route, host, method, hostLine }: OtherRequest,
  exchange: Exchange,
): Promise<boolean> {
  // What is not HTTP is refused before it is routed or logged.
  if (exchange.response?.status === 400) return false;
  const received = edge.received(exchange);
  // A target that does not show what it received (it redirects `//`) is judged by the router that took the request.
  if (received === undefined) return await isForwardedByInjectingRouter(edge, route, exchange);
  // Traefik merges dot segments and slashes before it routes: the request then is one of the injected route.
  const isOwn = hostLine === undefined && route.hosts.includes(host.name);
  if (received.target === route.path && method === "GET" && isOwn) return false;
  // The request has no credential of its own: any that arrives was injected.
  return arrivedCredentials(edge, exchange).length > 0;
}

/** Whether the router that takes the injected route itself forwarded the request. */
async function isForwardedByInjectingRouter(edge: Edge, route: InjectedRoute, exchange: Exchange): Promise<boolean> {
  const { router, server } = await edge.routing(exchange);
  const [own] = hostsOf(route, edge.policy);
  if (server === undefined || own === undefined) return false;
  const poll = await edge.send({ host: own, path: route.path });
  // Where the route itself gets no key, its router is not the one that injects.
  return arrivedCredentials(edge, poll).length > 0 && (await edge.routing(poll)).router === router;
}
