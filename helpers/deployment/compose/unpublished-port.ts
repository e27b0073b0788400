import type { Deployment, SourceLocation } from "../types.ts";

/**
 * Why nothing answers on a port of the host: no service publishes it. Named is the entry that publishes the same port of its
 * container on another port of the host, of LiteLLM and Traefik first.
 *
 * @returns undefined where a service publishes the port, or may listen on it itself by `network_mode: host`
 */
export function whyUnpublished(
  { compose, litellm, traefik }: Pick<Deployment, "compose" | "litellm" | "traefik">,
  port: number,
): { cause: string; location?: SourceLocation } | undefined {
  const services = [...new Set([...(traefik === undefined ? [] : [traefik]), litellm, ...compose.services.values()])];
  if (services.some(({ networkMode }) => networkMode !== undefined)) return undefined;
  const all = services.flatMap((service) => service.ports.map((published) => ({ service, published })));
  if (all.some(({ published }) => published.host === port)) return undefined;
  const moved = all.find(({ published }) => published.container === port);
  if (moved === undefined) return { cause: `no service publishes port ${port} of the host` };
  const { service, published } = moved;
  return {
    cause: `no service publishes port ${port} of the host: ${service.name} publishes its ${published.container} as ${published.host}`,
    location: published.location,
  };
}
