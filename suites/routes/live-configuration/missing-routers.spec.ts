import { forEachCase } from "../../../helpers/checks/cases.ts";
import { CheckFailure } from "../../../helpers/checks/check-failure.ts";
import { missingRouters } from "../../../helpers/deployment/traefik/causes.ts";
import { check } from "../../runner/check.ts";
import { causeOfNoRouter, fieldsOf } from "../../support/router-locations.ts";

check({
  id: "ROUTE-12/routers-loaded",
  requirements: ["ROUTE-12"],
  title: "Traefik has every router that the deployment's files define",
  needs: ["edge"],
  async run({ edge, evidence }) {
    const { traefikModel } = edge.deployment;
    const { routers, text } = await edge.routers();
    await evidence.keep("rawdata.json", text);
    const written = [...traefikModel.routers, ...traefikModel.droppedRouters];
    if (written.length === 0) {
      throw new CheckFailure({
        summary: "the deployment's files define no router that Traefik could have",
        code: "no-router",
        expected: "at least one router",
        actual: "none",
        ...causeOfNoRouter(edge.deployment),
      });
    }
    const missing = new Map(
      missingRouters(
        traefikModel,
        routers.map(({ name }) => name),
      ).map(({ router, cause }) => [router, cause]),
    );
    await forEachCase(
      "a router of the files is live",
      written,
      ({ name, provider }) => `${name}@${provider}`,
      async (router) => {
        if (!missing.has(router)) return;
        const cause = missing.get(router);
        throw new CheckFailure({
          summary: `Traefik does not have the router ${router.name}@${router.provider}`,
          code: "router-missing",
          expected: `a live router with the rule ${router.ruleText}`,
          actual: "Traefik's API does not list it",
          cause: "Traefik refuses, drops or ignores what defines it, and only logs that",
          location: router.location,
          fix: "see Traefik's log, and correct what it names",
          ...(cause === undefined ? {} : fieldsOf(cause)),
        });
      },
    );
  },
});
