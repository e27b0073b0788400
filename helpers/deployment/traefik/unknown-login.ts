import { isIP } from "node:net";
import { suggest } from "../../core/text/nearest.ts";
import type { ComposeFile, ComposeService } from "../compose/types.ts";
import type { Policy } from "../policy/types.ts";
import { addressIn, extraHosts, namesOf, serviceAt } from "../services/hosts.ts";
import { middlewaresOf, type RouterCause } from "./causes.ts";
import type { TraefikRouter } from "./dynamic/dynamic.ts";
import type { TraefikModel } from "./model.ts";

/** What the function here looks at. */
interface AskingDeployment {
  compose: ComposeFile;
  traefik: ComposeService;
  traefikModel: TraefikModel;
  policy: Pick<Policy, "parts">;
}

/**
 * Why a login service is not asked: a forwardAuth middleware of the router names a host that no service has.
 *
 * @returns undefined where each host is known, or may be known outside the compose files
 */
export function whyLoginUnknown(
  { compose, traefik, traefikModel, policy }: AskingDeployment,
  router: TraefikRouter,
): RouterCause | undefined {
  for (const { name, kind, options } of middlewaresOf(traefikModel, router)) {
    const address = kind === "forwardauth" ? options.get("forwardauth.address") : undefined;
    const host = address && addressIn(address.value)?.host;
    if (address === undefined || host === undefined) continue;
    const isElsewhere =
      host.includes(".") ||
      isIP(host.replace(/^\[|\]$/g, "")) !== 0 ||
      host === "localhost" ||
      traefik.networkMode !== undefined ||
      extraHosts(traefik).includes(host) ||
      // A stand-in has the name.
      policy.parts.has(host);
    if (isElsewhere || serviceAt(compose, host, traefik) !== undefined) continue;
    const names = [...compose.services.values()].flatMap((service) => namesOf(service));
    return {
      cause: `the middleware ${name} asks ${address.value}, and no service is called '${host}': Traefik answers 500 to every request`,
      location: address.location,
      fix: suggest(host, names, `write a name that a service has on a network of ${traefik.name}`),
    };
  }
  return undefined;
}
