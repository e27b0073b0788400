import { liteLLMPortOf } from "../services/litellm-port.ts";
import type { ComposeService, Deployment, SourceLocation } from "../types.ts";
import type { PublishedPort } from "./types.ts";

type PublishingDeployment = Pick<Deployment, "compose" | "litellm" | "traefik" | "traefikModel">;

/** Why a port of the host does not lead to a listening program. */
interface UnpublishedPort {
  cause: string;
  location?: SourceLocation;
  fix?: string;
}

/**
 * Why nothing answers on a port of the host: no service publishes it, or LiteLLM or Traefik publishes it and does not listen on
 * the port of its container. Named is the entry that publishes the same port of its container on another port of the host, of
 * LiteLLM and Traefik first.
 *
 * @returns undefined where a service publishes the port, or may listen on it itself by `network_mode: host`
 */
export function whyUnpublished(deployment: PublishingDeployment, port: number): UnpublishedPort | undefined {
  const { compose, litellm, traefik } = deployment;
  const services = [...new Set([...(traefik === undefined ? [] : [traefik]), litellm, ...compose.services.values()])];
  if (services.some(({ networkMode }) => networkMode !== undefined)) return undefined;
  const all = services.flatMap((service) =>
    service.ports.flatMap((published) => (published.protocol === "tcp" ? [{ service, published }] : [])),
  );
  const own = all.filter(({ published }) => published.host === port);
  if (own.length > 0) {
    const reasons = own.flatMap((one) => whyNotListening(deployment, one) ?? []);
    return reasons.length === own.length ? reasons[0] : undefined;
  }
  const moved = all.find(({ published }) => published.container === port);
  if (moved === undefined) return { cause: `no service publishes port ${port} of the host` };
  const { service, published } = moved;
  return {
    cause: `no service publishes port ${port} of the host: ${service.name} publishes its ${published.container} as ${published.host}`,
    location: published.location,
  };
}

/** Why nothing listens where a published port leads to; undefined for a service of which the files do not say where it listens. */
function whyNotListening(
  { litellm, traefik, traefikModel }: PublishingDeployment,
  { service, published }: { service: ComposeService; published: PublishedPort },
): UnpublishedPort | undefined {
  const isLiteLLM = service === litellm;
  if (!isLiteLLM && (service !== traefik || traefikModel === undefined)) return undefined;
  const entryPoints = [...(traefikModel?.static.entryPoints.values() ?? [])].filter(
    ({ protocol }) => protocol === "tcp",
  );
  const listening = isLiteLLM ? [liteLLMPortOf(litellm)] : [...new Set(entryPoints.map((one) => one.port))];
  if (listening.length === 0 || listening.includes(published.container)) return undefined;
  const program = isLiteLLM ? "LiteLLM" : "Traefik";
  return {
    cause: `port ${published.host} of the host leads to port ${published.container} of the container, where ${program} does not listen (${listening.join(", ")})`,
    location: published.location,
    fix: `publish a port on which ${program} listens, e.g. ${published.host}:${listening.includes(published.host) ? published.host : listening[0]}`,
  };
}
