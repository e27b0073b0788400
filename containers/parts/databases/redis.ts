import { deadlines } from "../../../helpers/core/deadlines.ts";
import { planServices } from "../../../helpers/deployment/services/service-plan.ts";
import type { ComposeService, Deployment } from "../../../helpers/deployment/types.ts";
import { type RenderContext, renderService } from "../deployment/render-service.ts";
import { serviceAttachments } from "../deployment/service-networks.ts";
import { partOfService } from "../deployment/upstream-services.ts";
import type { PartPlan } from "../part.ts";
import type { PartResources } from "../part-resources.ts";
import { commandSucceeds } from "../readiness.ts";

/** The deployment's Redis services that LiteLLM keeps its cache in. */
export function cacheServices(deployment: Deployment): ComposeService[] {
  return [...planServices(deployment).values()].flatMap(({ service, role, run }) =>
    role === "cache" && run.as === "part" ? service : [],
  );
}

/**
 * The plan of a Redis as the operator runs it: command, environment and files.
 *
 * @param litellm see {@link PartPlan.usedBy}
 * @throws {EnvironmentError} when its image cannot be provided
 */
export async function redisPlan(
  { images, deployment }: PartResources,
  context: RenderContext,
  service: ComposeService,
  litellm?: PartPlan,
): Promise<PartPlan> {
  const [image, rendered] = await Promise.all([images.get("redis", service.version), renderService(context, service)]);
  return {
    name: partOfService(service.key),
    image,
    networks: serviceAttachments(deployment.compose, service, context.networks),
    ...(rendered.command === undefined ? {} : { command: rendered.command }),
    environment: rendered.environment,
    files: rendered.files,
    directories: rendered.directories,
    settings: rendered.settings,
    ...(litellm === undefined ? {} : { usedBy: litellm }),
    // An answer that a password is needed is one too.
    ready: commandSucceeds("sh", "-c", "redis-cli ping | grep -Eq 'PONG|NOAUTH'"),
    startDeadline: deadlines.smallPartStart,
  };
}
