import type { Edge } from "../../../containers/targets/edge.ts";
import { forEachCase } from "../../../helpers/checks/cases.ts";
import { CheckFailure } from "../../../helpers/checks/check-failure.ts";
import { check } from "../../runner/check.ts";
import { causeOfNoRouter, causeOfRouter, locationOf } from "../../support/router-locations.ts";

check({
  id: "ROUTE-12/routers-claimed-and-hit",
  requirements: ["ROUTE-12"],
  title: "every live router is claimed by the policy, enabled without error, and was hit",
  needs: ["edge"],
  async run({ edge, evidence }) {
    const { routers, text } = await edge.routers();
    await evidence.keep("rawdata.json", text);
    const live = routers.filter(({ name }) => !name.endsWith("@internal"));
    if (live.length === 0) {
      throw new CheckFailure({
        summary: "Traefik has no router of this deployment",
        code: "no-router",
        expected: "at least one live router of the deployment",
        actual: "none",
        ...causeOfNoRouter(edge.deployment),
      });
    }
    const hit = await routersHit(edge);
    await forEachCase(
      "a live router is claimed by the policy and enabled without error",
      live,
      ({ name }) => name,
      async (router) => {
        const isSound = router.status === "enabled" && router.errors.length === 0;
        const isHit = hit.has(withoutProvider(router.name));
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
          ...(isSound ? {} : causeOfRouter(edge.deployment, router)),
        });
      },
    );
  },
});

/** The routers that take what the policy describes: each public path, a key, each injected route, and refused requests. */
async function routersHit(edge: Edge): Promise<Set<string>> {
  const { hosts, publicPaths, injectedRoutes } = edge.policy;
  const requests = hosts.flatMap((host) => [
    ...publicPaths.map(({ path }) => ({ host, path })),
    ...injectedRoutes.filter((route) => route.hosts.includes(host.name)).map(({ path }) => ({ host, path })),
    { host, path: "/v1/models", bearer: edge.anyKey },
    { host, path: "/v1/models" },
  ]);
  const taken = await Promise.all(
    requests.map(async (request) => (await edge.routing(await edge.send(request))).router),
  );
  return new Set(taken.flatMap((router) => (router === undefined ? [] : [withoutProvider(router)])));
}

/** `litellm-public` of `litellm-public@docker`. */
function withoutProvider(router: string): string {
  return router.replace(/@.*$/, "");
}
