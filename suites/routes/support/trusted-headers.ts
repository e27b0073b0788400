import type { FailureDetails } from "../../../helpers/checks/check-failure.ts";
import type { DeploymentWithTraefik, PolicyHost } from "../../../helpers/deployment/types.ts";
import { entryPointOption } from "../../support/traefik-options.ts";

/** Why Traefik forwards a forwarding header of a client's. */
export function whyTrusted(
  deployment: Pick<DeploymentWithTraefik, "traefik" | "traefikModel">,
  host: Pick<PolicyHost, "entryPoint">,
  name: string,
): Pick<FailureDetails, "cause" | "location" | "fix"> {
  const option =
    entryPointOption(deployment, host, "forwardedHeaders.insecure") ??
    entryPointOption(deployment, host, "forwardedHeaders.trustedIPs");
  const { image, location } = deployment.traefik;
  if (option === undefined && name.toLowerCase() === "x-forwarded-prefix")
    return {
      cause: "versions of Traefik before 2.11.14 and 3.2.1 take this header from any client (CVE-2024-52003)",
      location: image?.location ?? location,
      fix: "run Traefik 2.11.14, or 3.2.1 or newer",
    };
  return {
    cause:
      "the entry point trusts forwarding headers: forwardedHeaders.insecure, or trustedIPs that include the client's address",
    location: (option ?? deployment.traefik).location,
  };
}
