import type { Edge } from "../../../containers/targets/edge.ts";
import { CheckFailure } from "../../../helpers/checks/check-failure.ts";
import { check } from "../../runner/check.ts";
import { locationOf } from "../support/router-locations.ts";

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
        summary: "Traefik has no router of the deployment's",
        cause: "traefik.enable is not true, or Traefik refuses the labels as a whole",
        location: edge.deployment.litellm.location,
      });
    }
    const hit = await routersHit(edge);
    const faults = live.flatMap((router) => {
      const name = router.name.replace(/@.*$/, "");
      const wrong = [
        ...(router.status === "enabled" ? [] : [`is ${router.status}`]),
        ...router.errors,
        ...(hit.has(name)
          ? []
          : ["is claimed by nothing in the policy: no request that the policy knows of is taken by it"]),
      ];
      return wrong.map((what) => ({ router, what }));
    });
    const [first] = faults;
    if (first === undefined) return;
    const location = locationOf(edge.deployment, first.router.name);
    throw new CheckFailure({
      summary: `${faults.length} of ${live.length} live routers are not as the policy means them`,
      evidence: {
        received: faults
          .map(
            ({ router, what }) =>
              `${router.name} ${what}\n  rule ${router.rule}, priority ${router.priority}, service ${router.service}`,
          )
          .join("\n"),
      },
      cause:
        "a router that was forgotten or added, a middleware or service that does not exist, or a rule that another one outranks",
      ...(location === undefined ? {} : { location }),
    });
  },
});

/** The routers that take what the policy knows: each public path, a key, each injected route, and what is refused. */
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
  return new Set(taken.flatMap((router) => router?.replace(/@.*$/, "") ?? []));
}
