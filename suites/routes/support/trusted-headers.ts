import type { FailureDetails } from "../../../helpers/checks/check-failure.ts";
import { atLeast } from "../../../helpers/deployment/litellm/version.ts";
import type { DeploymentWithTraefik, PolicyHost } from "../../../helpers/deployment/types.ts";
import { entryPointOption } from "../../support/traefik-options.ts";

/** Why Traefik forwards a forwarding header of a client's. */
export function whyTrusted(
  deployment: Pick<DeploymentWithTraefik, "traefik" | "traefikModel">,
  host: Pick<PolicyHost, "entryPoint">,
  name: string,
): Pick<FailureDetails, "cause" | "location" | "fix"> {
  const insecure = entryPointOption(deployment, host, "forwardedHeaders.insecure");
  const option = insecure ?? entryPointOption(deployment, host, "forwardedHeaders.trustedIPs");
  const { image, location, version } = deployment.traefik;
  // An old version takes the header from any client, whatever trustedIPs says.
  const isTaken = option === undefined || (insecure === undefined && isBeforeTheFix(version));
  if (isTaken && name.toLowerCase() === "x-forwarded-prefix")
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

/** Whether a version of Traefik has CVE-2024-52003; false for one that is not known. */
function isBeforeTheFix(version: string | undefined): boolean {
  if (version === undefined) return false;
  // A tag such as `v3` or `v3.1` is the newest version of its line.
  const newest = [...version.split("."), "999", "999"].slice(0, 3).join(".");
  return !atLeast(newest, version.startsWith("2.") ? "2.11.14" : "3.2.1");
}
