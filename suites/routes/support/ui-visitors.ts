import type { GatewayTarget } from "../../../containers/targets/needs.ts";
import { decide } from "../../../helpers/deployment/policy/access.ts";
import { isOnTheLan } from "../../../helpers/deployment/services/origins.ts";
import type { Evidence } from "../../runner/evidence.ts";

/**
 * The address of the UI for a browser on the LAN.
 *
 * @throws {NotSupported} where no browser there is meant to open it
 */
export function uiForVisitors(gateway: GatewayTarget, evidence: Evidence): string {
  const { policy, internalHost, deployment } = gateway;
  const { who } = decide(policy, internalHost, { method: "GET", path: "/ui/" });
  if (who !== "anyone" && who !== "litellm")
    return evidence.notSupported(`the policy does not open the UI to anyone on ${internalHost.name}`);
  if (!isOnTheLan(deployment))
    return evidence.notSupported(
      `${deployment.traefik === undefined ? "LiteLLM" : "Traefik"} publishes no port on the LAN: what brings people to the ` +
        "UI is not among the files",
    );
  return gateway.url("/ui/");
}
