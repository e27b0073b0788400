import type { Edge } from "../../containers/targets/edge.ts";
import { forEachCase } from "../../helpers/checks/cases.ts";
import { CheckFailure } from "../../helpers/checks/check-failure.ts";
import { exchangeEvidence } from "../../helpers/checks/evidence.ts";
import type { InjectedRoute, SourceLocation } from "../../helpers/deployment/types.ts";
import { type Exchange, receivedText, sentText } from "../../helpers/protocol/exchange.ts";
import { locationOf } from "../routes/support/router-locations.ts";
import { check } from "../runner/check.ts";

/** Every method that a client may name; HEAD is asked of Traefik's log, for its answer has no body. */
const methods = ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND"] as const;

/** Targets beside the route, each of which something on the way may take for it. */
function beside(path: string): string[] {
  const parent = path.slice(0, path.lastIndexOf("/"));
  const last = path.slice(path.lastIndexOf("/") + 1);
  return [
    `${path}/`,
    `${path}/below`,
    `${path}x`,
    `${path}.json`,
    `${path};x=1`,
    `${path}%2f`,
    `${path}%00`,
    `${path}/../../key/info`,
    `${path}/..%2fstatus`,
    `${parent}/`,
    parent,
    `${parent}//${last}`,
    `${parent}/./${last}`,
    `${parent}/x/../${last}`,
    `${parent}/%${last.charCodeAt(0).toString(16)}${last.slice(1)}`,
    path.toUpperCase(),
    `/x${path}`,
    `/x/..${path}`,
    `/${path}`,
    "/v1/models",
    "/ui",
    `/ui?path=${path}`,
  ];
}

check({
  id: "INJ-02/injected-on-its-route",
  requirements: ["INJ-02"],
  title: "the key is injected on its route, for its hosts and methods",
  needs: ["edge"],
  async run({ edge }) {
    const cases = edge.policy.injectedRoutes.flatMap((route) =>
      edge.policy.hosts
        .filter(({ name }) => route.hosts.includes(name))
        .flatMap((host) =>
          route.methods.filter((method) => method !== "HEAD").map((method) => ({ route, host, method })),
        ),
    );
    await forEachCase(
      "an anonymous request arrives with the injected key",
      cases,
      ({ route, host, method }) => `${method} ${host.name}${route.path}`,
      async ({ route, host, method }) => {
        const exchange = await edge.send({ host, path: route.path, method });
        // Which key it is, is INJ-03's matter: here it counts that an anonymous request arrives with one.
        if (credentials(edge, exchange).length === 1) return;
        throw new CheckFailure({
          summary: "no key is injected",
          evidence: exchangeEvidence(exchange),

          cause: "the middleware is not on the router that takes this request, or names another header",
          location: route.location,
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
  async run({ edge }) {
    const cases = edge.policy.injectedRoutes.flatMap((route) => {
      const own = edge.policy.hosts.filter(({ name }) => route.hosts.includes(name));
      const others = edge.policy.hosts.filter(({ name }) => !route.hosts.includes(name));
      const lines = ["Connection: close"];
      return [
        ...own.flatMap((host) => beside(route.path).map((target) => ({ route, host, method: "GET", target, lines }))),
        ...own.flatMap((host) =>
          methods
            .filter((method) => !route.methods.includes(method))
            .map((method) => ({ route, host, method, target: route.path, lines })),
        ),
        ...others.map((host) => ({ route, host, method: "GET", target: route.path, lines })),
        // Another router may carry the middleware: what anybody reaches, on every host, arrives without a key.
        ...edge.policy.hosts.flatMap((host) =>
          edge.policy.publicPaths.map(({ path }) => ({ route, host, method: "GET", target: path, lines })),
        ),
        ...edge.policy.hosts.flatMap((host) =>
          ["unknown.example", `x.${host.name}`, "127.0.0.1"].map((name) => ({
            route,
            host,
            method: "GET",
            target: route.path,
            lines: [...lines, `Host: ${name}`],
          })),
        ),
      ];
    });
    await forEachCase(
      "a request beside the injected route carries no injected key",
      cases,
      ({ host, method, target, lines }) => `${method} ${lines[1] ?? host.name} ${target}`,
      async ({ route, host, method, target, lines }) => {
        const exchange = await edge.sendRaw({ host, path: route.path, method, target, lines });
        // What is no HTTP is refused before it is routed or logged.
        if (exchange.response?.status === 400) return;
        const received = edge.received(exchange);
        // Traefik merges dot segments and slashes before it decides: then the route itself is what was asked for.
        if (received?.target === route.path && method === "GET" && isOwn(route, host, lines)) return;
        // The request brings none of its own: whatever arrives was injected.
        if (received !== undefined && credentials(edge, exchange).length === 0) return;
        // Where the target does not say what it received (it redirects `//`), the router that took the request tells.
        if (received === undefined && !(await tookInjectingRouter(edge, route, exchange))) return;
        throw new CheckFailure({
          summary: `anyone who asks for ${target} with ${method} gets the injected key on the way`,
          evidence: exchangeEvidence(exchange),

          cause: "the injecting router's rule names too little: it wants Host, Method and Path together",
          ...(await placeOfRouter(edge, exchange)),
        });
      },
    );
  },
});

check({
  id: "INJ-05/caller-authorization-replaced",
  requirements: ["INJ-05"],
  title: "the caller's own Authorization is replaced on the injected route, and exactly one value arrives",
  needs: ["edge"],
  async run({ edge }) {
    const own = "Bearer sk-the-callers-own";
    const forms = [
      { name: "the caller's Bearer", lines: [`Authorization: ${own}`] },
      { name: "the caller's Basic", lines: ["Authorization: Basic bm9ib2R5Om5vdGhpbmc="] },
      { name: "the caller's header twice", lines: [`Authorization: ${own}`, "Authorization: Bearer sk-another"] },
      { name: "the caller's header in lower case", lines: [`authorization: ${own}`] },
      {
        name: "the caller's header named in Connection",
        lines: ["Connection: close, Authorization", `Authorization: ${own}`],
      },
    ];
    const cases = edge.policy.injectedRoutes.flatMap((route) =>
      edge.policy.hosts
        .filter(({ name }) => route.hosts.includes(name))
        .flatMap((host) => forms.map((form) => ({ route, host, ...form }))),
    );
    await forEachCase(
      "the injected key alone arrives",
      cases,
      ({ host, name }) => `${name} (${host.name})`,
      async ({ route, host, lines }) => {
        const exchange = await edge.sendRaw({ host, path: route.path, lines });
        const arrived = credentials(edge, exchange);
        const [injected] = credentials(edge, await edge.send({ host, path: route.path }));
        if (arrived.length === 1 && injected !== undefined && arrived[0] === injected) return;
        throw new CheckFailure({
          summary: `${arrived.length} Authorization values arrive, ${injected !== undefined && arrived.includes(injected) ? "the injected key among them" : "none of them the injected key"}`,
          evidence: exchangeEvidence(exchange),

          cause: "another router of a higher priority takes the request, or the header is not replaced",
          ...(await placeOfRouter(edge, exchange)),
        });
      },
    );
  },
});

function credentials(edge: Edge, exchange: Exchange): string[] {
  const headers = edge.received(exchange)?.headers ?? [];
  return headers.filter(([name]) => name.toLowerCase() === "authorization").map(([, value]) => value);
}

/** Whether a request was handed to the target by the router that takes the injected route itself. */
async function tookInjectingRouter(edge: Edge, route: InjectedRoute, exchange: Exchange): Promise<boolean> {
  const { router, server } = await edge.routing(exchange);
  if (server === undefined) return false;
  const own = edge.policy.hosts.find(({ name }) => route.hosts.includes(name));
  if (own === undefined) return false;
  const poll = await edge.send({ host: own, path: route.path });
  return (await edge.routing(poll)).router === router;
}

function isOwn(route: InjectedRoute, host: { name: string }, lines: readonly string[]): boolean {
  return route.hosts.includes(host.name) && !lines.some((line) => line.startsWith("Host:"));
}

async function placeOfRouter(edge: Edge, exchange: Exchange): Promise<{ location?: SourceLocation }> {
  const { router } = await edge.routing(exchange);
  const location = locationOf(edge.deployment, router);
  return location === undefined ? {} : { location };
}
