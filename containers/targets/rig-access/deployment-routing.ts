import { leadsToAnotherService } from "../../../helpers/deployment/services/router-destination.ts";
import type { DeploymentWithTraefik } from "../../../helpers/deployment/types.ts";
import { nameInFiles } from "../../parts/deployment/traefik.ts";
import type { Routing } from "./access-log.ts";

/**
 * A routing of Traefik's access log in the deployment's terms: with the router's name as the files have it, and without the server of
 * another service, because what goes there does not reach LiteLLM.
 */
export function deploymentRouting(
  { traefikModel: model, compose, litellm, traefik }: RoutedServices,
  { router, server, status }: Routing,
): Routing {
  if (router === undefined) return { router, server, status };
  const name = nameInFiles(model, router);
  const written = model.routerOf(name);
  const isElsewhere = written !== undefined && leadsToAnotherService(written, model, { compose, litellm, traefik });
  return { router: name, server: isElsewhere ? undefined : server, status };
}

/** What of a deployment says where its routers lead. */
type RoutedServices = Pick<DeploymentWithTraefik, "traefikModel" | "compose" | "litellm" | "traefik">;
