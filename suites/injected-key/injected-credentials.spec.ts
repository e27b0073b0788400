import type { Edge } from "../../containers/targets/edge.ts";
import { forEachCase } from "../../helpers/checks/cases.ts";
import { CheckFailure } from "../../helpers/checks/check-failure.ts";
import type { TraefikRouter } from "../../helpers/deployment/traefik/dynamic/dynamic.ts";
import type { SourceLocation } from "../../helpers/deployment/types.ts";
import { check } from "../runner/check.ts";
import type { Evidence } from "../runner/evidence.ts";
import { liveMiddlewares, namesOtherHosts } from "../support/live-rules.ts";
import { listOfMisplaced } from "../support/router-locations.ts";
import { hostsOf, injectingRouter, whyNotInjected } from "./support/injected-routes.ts";

check({
  id: "INJ-02/injected-by-its-router-only",
  requirements: ["INJ-02"],
  title: "no live router adds a credential but those of the policy's injected routes",
  needs: ["edge"],
  async run({ edge, evidence }) {
    const injections = await liveInjections(edge, evidence);
    const meant = await Promise.all(
      edge.policy.injectedRoutes
        .flatMap((route) => hostsOf(route, edge.policy).map((host) => ({ route, host })))
        .map(async ({ route, host }) => {
          const exchange = await edge.send({ host, path: route.path });
          return { route, exchange, router: (await edge.routing(exchange)).router };
        }),
    );
    await forEachCase(
      "a router that adds a credential is the one of an injected route",
      injections,
      ({ router, middleware }) => `${middleware} on ${router}`,
      async ({ router, rule, middleware, header, location }) => {
        if (meant.some((one) => one.router !== undefined && sameName(one.router, router))) return;
        const live = edge.deployment.traefikModel.routerOf(router);
        const isMeant = (other: TraefikRouter): boolean =>
          meant.some((one) => one.router !== undefined && sameName(one.router, other.name));
        const list =
          live && listOfMisplaced(edge.deployment.traefikModel, live, middleware.replace(/@.*$/, ""), isMeant);
        const place = list ?? location;
        const own = live && meant.find(({ exchange }) => injectingRouter(edge, exchange) === live);
        throw new CheckFailure({
          summary: `${router} adds ${header} to what it forwards, and no injected route of the policy is taken by it`,
          code: "unnamed-injection",
          expected: "a key on the policy's injected routes only",
          actual: `${middleware} adds ${header} for ${rule}`,
          cause: "whoever sends a request that this rule matches acts with a key that is not theirs",
          ...(place === undefined ? {} : { location: place }),
          fix: "remove the middleware, or name the route under 'injected' in the policy",
          // Where it is the one that is meant, another router takes its requests.
          ...(own === undefined ? {} : await whyNotInjected(edge, own.exchange, own.route)),
        });
      },
    );
  },
});

check({
  id: "INJ-03/injected-key-is-the-policys",
  requirements: ["INJ-03"],
  title: "the key that Traefik adds is the one that the policy names for it",
  needs: ["edge"],
  async run({ edge, evidence }) {
    const named = edge.policy.injectedRoutes.map(({ secret }) => secret);
    const keys = named.map((name) => edge.secret(name));
    await forEachCase(
      "an added credential is the injected route's key",
      await liveInjections(edge, evidence),
      ({ router, middleware }) => `${middleware} on ${router}`,
      async ({ middleware, header, value, location }) => {
        if (keys.some((key) => value === key || value === `Bearer ${key}`)) return;
        throw new CheckFailure({
          summary: `${middleware} adds a key that is not ${named.length === 0 ? "in the policy" : named.join(" or ")}`,
          code: "other-key-injected",
          expected: named.length === 0 ? "no added credential" : `the value of ${named.join(" or ")}`,
          actual: `${header} with another value`,
          cause:
            "the key is written into the middleware itself, or comes from another variable: nothing says what it opens, and whoever " +
            "reads Traefik's configuration or API has it",
          ...(location === undefined ? {} : { location }),
          fix: `use a variable for a key of its own, and name it under 'secrets' and 'injected' in the policy`,
        });
      },
    );
  },
});

/** A header with a credential that a live router adds to what it forwards. */
interface LiveInjection {
  router: string;
  rule: string;
  middleware: string;
  header: string;
  value: string;
  location: SourceLocation | undefined;
}

/** Headers in which LiteLLM takes a key (BerriAI/litellm, `user_api_key_auth`). */
const credentialHeaders = /^(authorization|x-litellm-api-key|x-litellm-key|api-key|x-api-key|x-goog-api-key)$/i;

/**
 * The credentials that live routers add; ends the check where there are none, and none is meant. Routers of hosts that the
 * policy does not name are not LiteLLM's.
 */
async function liveInjections(edge: Edge, evidence: Evidence): Promise<LiveInjection[]> {
  const { routers, text } = await edge.routers();
  const middlewares = liveMiddlewares(text);
  const injections = routers
    .filter(({ rule }) => !namesOtherHosts(rule, edge.policy))
    .flatMap(({ name: router, rule, middlewares: own }) =>
      own
        .flatMap((one) => middlewares.resolve(one, router))
        .flatMap(({ name: middleware, requestHeaders }) =>
          Object.entries(requestHeaders)
            .filter(([header, value]) => credentialHeaders.test(header) && value !== "")
            .map(([header, value]) => {
              const location = locationOfHeader(edge, middleware, header);
              return { router, rule, middleware, header, value, location };
            }),
        ),
    );
  if (injections.length === 0 && edge.policy.injectedRoutes.length === 0)
    evidence.notSupported("the policy has no injected route, and no live router adds a credential");
  if (injections.length === 0) {
    throw new CheckFailure({
      summary: "no live router adds a credential",
      code: "no-injection",
      expected: `a router that adds ${edge.policy.injectedRoutes.map(({ secret }) => secret).join(" and ")}`,
      actual: "none",
      cause: "the middleware is missing, or its router is",
      ...(await whyNoneInjected(edge)),
      follows: "INJ-02/injected-on-its-route",
    });
  }
  return injections;
}

/** Why the first of the policy's injected routes adds no key. */
async function whyNoneInjected(edge: Edge): Promise<Partial<Awaited<ReturnType<typeof whyNotInjected>>>> {
  for (const route of edge.policy.injectedRoutes) {
    const [host] = hostsOf(route, edge.policy);
    if (host !== undefined) return await whyNotInjected(edge, await edge.send({ host, path: route.path }), route);
  }
  return {};
}

function locationOfHeader({ deployment }: Edge, middleware: string, header: string): SourceLocation | undefined {
  const own = deployment.traefikModel.middlewareOf(middleware);
  const option = [...(own?.options ?? [])].find(([key]) =>
    key.toLowerCase().endsWith(`customrequestheaders.${header.toLowerCase()}`),
  );
  return option?.[1].location ?? own?.location;
}

/** Whether a router of the access log is one of the API: the log may lack the provider. */
function sameName(logged: string, live: string): boolean {
  return logged.replace(/@.*$/, "") === live.replace(/@.*$/, "");
}
