import type { FailureDetails } from "../../../helpers/checks/check-failure.ts";
import type { DeploymentWithTraefik } from "../../../helpers/deployment/types.ts";
import { followsLoadedRouters } from "../../support/needed-checks.ts";
import { causeOfNoRouter } from "../../support/router-locations.ts";

/** The failure of a check that needs a live router, where Traefik has none of the deployment: one fault, whatever needs it. */
export function noRouterFailure(
  deployment: Pick<DeploymentWithTraefik, "traefikModel" | "litellm">,
): FailureDetails & typeof followsLoadedRouters {
  return {
    summary: "Traefik has no router of this deployment",
    code: "no-router",
    expected: "at least one live router of the deployment",
    actual: "none",
    ...causeOfNoRouter(deployment),
    ...followsLoadedRouters,
  };
}
