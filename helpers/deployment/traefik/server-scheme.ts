import type { ComposeFile, ComposeService } from "../compose/types.ts";
import { addressIn, serviceAt } from "../services/hosts.ts";
import type { SourceLocation } from "../source/location.ts";
import type { TraefikRouter, TraefikService } from "./dynamic/dynamic.ts";
import type { TraefikModel } from "./model.ts";
import type { TraefikOption } from "./options.ts";

/** Why Traefik gets no answer in the protocol that it speaks to a server. */
export interface WrongScheme {
  /** One sentence. */
  cause: string;
  location: SourceLocation;
  /** As an imperative. */
  fix: string;
}

/**
 * Why LiteLLM does not understand Traefik: the service says https, and LiteLLM has no certificate. Traefik answers 500 then, or 502
 * (pkg/proxy/httputil, `ComputeStatusCode`).
 *
 * @returns undefined where the service says http or leads elsewhere, and where LiteLLM may speak TLS
 */
export function wrongScheme(
  deployment: { compose: ComposeFile; traefik: ComposeService; litellm: ComposeService; traefikModel: TraefikModel },
  router: TraefikRouter,
  service: TraefikService | undefined,
): WrongScheme | undefined {
  const { compose, traefik, litellm, traefikModel: model } = deployment;
  if (service === undefined || mayServeTls(litellm)) return undefined;
  const container = model.containers.find(({ configuration }) => configuration.routers.includes(router));
  const isLabel = service.provider !== "file";
  const written = isLabel ? service.options.get("loadbalancer.server.scheme") : urlOption(service);
  const host = addressIn(written?.value ?? "")?.host;
  const server = isLabel ? container?.service : host && serviceAt(compose, host, traefik);
  if (!written || !server || server.key !== litellm.key || !/^https(?::|$)/i.test(written.value)) return undefined;
  return {
    cause: `Traefik speaks https to ${litellm.name}, and LiteLLM speaks http: it has no ssl_certfile_path`,
    location: written.location,
    fix: "write http, or give LiteLLM a certificate",
  };
}

function urlOption({ options }: TraefikService): TraefikOption | undefined {
  return [...options].find(([key]) => /^loadbalancer\.servers\[\d+\]\.url$/.test(key))?.[1];
}

/** Whether LiteLLM may have a certificate: what starts it may be another program than LiteLLM's own. */
function mayServeTls({ entrypoint, command = [], environment }: ComposeService): boolean {
  return (
    entrypoint !== undefined ||
    environment.has("SSL_CERTFILE_PATH") ||
    command.some((word) => /ssl|tls|cert|\.sh\b|^(?:ba)?sh$/i.test(word))
  );
}
