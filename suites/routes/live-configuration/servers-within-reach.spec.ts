import { forEachCase } from "../../../helpers/checks/cases.ts";
import { CheckFailure } from "../../../helpers/checks/check-failure.ts";
import { serviceOf } from "../../../helpers/deployment/traefik/missed-router.ts";
import { whyUnreachable } from "../../../helpers/deployment/traefik/unreachable.ts";
import { check } from "../../runner/check.ts";

check({
  id: "ROUTE-12/servers-within-reach",
  requirements: ["ROUTE-12"],
  title: "Traefik is on a network of each server that its routers lead to",
  needs: ["edge"],
  async run({ edge, evidence }) {
    const { deployment } = edge;
    const { traefikModel: model, traefik, litellm } = deployment;
    if (traefik.networkMode !== undefined || litellm.networkMode !== undefined)
      return evidence.notSupported("Traefik or LiteLLM is on no network of its own (network_mode)");
    // At the edge, one server stands on a network with Traefik: where the deployment's own are is in its files.
    const routers = model.routers.filter(({ service }) => !(service?.endsWith("@internal") ?? false));
    if (routers.length === 0) return evidence.notSupported("the deployment's files define no router that forwards");
    await forEachCase(
      "Traefik and the server are on one network",
      routers,
      ({ name, provider }) => `${name}@${provider}`,
      async (router) => {
        const why = whyUnreachable(deployment, router, serviceOf(model, router));
        // A host that no compose file has may be known to Traefik in another way.
        if (why === undefined || !why.isKnownService) return;
        const { cause, location, fix } = why;
        throw new CheckFailure({
          summary: `Traefik cannot reach the server of ${router.name}@${router.provider}`,
          code: "no-shared-network",
          expected: "a server on a network of Traefik",
          actual: "none of Traefik's networks leads to it",
          cause,
          location,
          fix,
        });
      },
    );
  },
});
