import type { FailureDetails } from "../../../helpers/checks/check-failure.ts";
import { asksModels, askWithoutModels } from "../../../helpers/deployment/litellm/model-health.ts";
import type { Deployment } from "../../../helpers/deployment/types.ts";

/**
 * Why the healthcheck of a service most likely fails while its container serves requests.
 *
 * @param checked name of the service, and the command of its healthcheck
 */
export function whyUnhealthy(
  { litellm, traefik, traefikModel }: Pick<Deployment, "litellm" | "traefik" | "traefikModel">,
  { service, command }: { service: string; command: readonly string[] },
): Pick<FailureDetails, "cause" | "fix"> {
  const isLiteLLM = service === litellm.name;
  const isTraefik = service === traefik?.name;
  if (isTraefik && command.join(" ").includes("healthcheck") && traefikModel?.static.has("ping") === false)
    return {
      cause: "`traefik healthcheck` asks for Traefik's ping, which is not enabled",
      fix: "enable it: --ping=true, or `ping: {}` in Traefik's file",
    };
  if (isLiteLLM && asksModels(command))
    return {
      cause: "it asks LiteLLM's /health, which needs a key, and calls every model: the container is never healthy",
      fix: askWithoutModels,
    };
  return {
    cause:
      (isLiteLLM || isTraefik) && traefik !== undefined
        ? "it requests a path that needs a key or another port, or runs a command that the image lacks: Traefik leaves an unhealthy container out"
        : "it uses another port, user or database, or runs a command that the image lacks: services that depend on it never start",
  };
}
