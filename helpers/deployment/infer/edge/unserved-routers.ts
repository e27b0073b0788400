import { leadsToLiteLLM } from "../../services/router-destination.ts";
import type { SourceLocation } from "../../source/location.ts";
import type { TraefikModel } from "../../traefik/model.ts";
import type { DeploymentView } from "../deployment-view.ts";
import { argumentsOf } from "./probe-paths.ts";

/** A router that leads to LiteLLM and that Traefik serves nowhere: it defines none of the entry points that the router names. */
export interface UnservedRouter {
  /** As in Traefik's API. */
  name: string;
  /** In lower case. */
  hosts: readonly string[];
  /** As the router names them. */
  entryPoints: readonly string[];
  tls: boolean;
  /** Of the names. */
  location: SourceLocation;
}

/** The routers to LiteLLM whose entry points Traefik does not define. */
export function unservedRouters(model: TraefikModel, view: DeploymentView): UnservedRouter[] {
  const { entryPoints: defined } = model.static;
  return model.routers.flatMap((router): UnservedRouter[] => {
    const { name, provider, rule, entryPoints, tls, options, location } = router;
    if (entryPoints.length === 0 || entryPoints.some((one) => defined.has(one))) return [];
    if (!leadsToLiteLLM(router, model, view)) return [];
    return [
      {
        name: `${name}@${provider}`,
        hosts: rule === undefined ? [] : argumentsOf(rule, ["Host"]).map((host) => host.toLowerCase()),
        entryPoints,
        tls,
        location: options.get("entrypoints")?.location ?? location,
      },
    ];
  });
}
