import type { DeploymentView } from "../deployment-view.ts";
import { placeOf } from "../files/compose-files.ts";
import type { Inference } from "../inference.ts";
import type { HostInput, Stated } from "../policy-input.ts";
import { otherProxy } from "./other-proxies.ts";

/** Without a Traefik, clients call LiteLLM itself, by the port that it publishes. */
function directHost(url: URL | undefined, { litellm, folder }: DeploymentView, why: string): Stated<HostInput> {
  const other = otherProxy(litellm);
  const [labelled] = other?.hosts ?? [];
  const name = url?.hostname ?? labelled ?? "litellm.internal";
  const known =
    url !== undefined
      ? "The name is that of PROXY_BASE_URL"
      : labelled !== undefined
        ? `The name is in ${placeOf(folder, other?.location)}`
        : "No file gives it";
  return {
    value: { name, scheme: "http", zone: "internal", access: [{ who: "litellm" }] },
    questions: [`by which name do clients call the gateway? ${known}; ${why}, so LiteLLM is asked directly`],
  };
}

function isLoopbackName(name: string): boolean {
  return /^(?:(?:.*\.)?localhost|127(?:\.\d+){3}|\[::1?\]|0\.0\.0\.0)$/i.test(name);
}

/** The names that entry points with TLS usually have. */
const secureName = /secure|https|tls/i;

/** A gateway must have a name: the one in LiteLLM's environment, else a placeholder. */
export function placeholderHost({
  view,
  edge,
  hasUnrelatedTraefik,
}: Pick<Inference, "view" | "edge" | "hasUnrelatedTraefik">): Stated<HostInput> {
  const { litellm, traefik } = view;
  const { entryPoints } = edge;
  const baseUrl = litellm.environment.get("PROXY_BASE_URL")?.value ?? "";
  // Each machine has a `localhost` of its own.
  const url = URL.canParse(baseUrl) && !isLoopbackName(new URL(baseUrl).hostname) ? new URL(baseUrl) : undefined;
  if (traefik === undefined) {
    const why = hasUnrelatedTraefik === true ? "no rule of Traefik leads to LiteLLM" : "the deployment has no Traefik";
    return directHost(url, view, why);
  }
  const wanted = url?.protocol === "https:" ? secureName : /^(?:web|http)$/i;
  const entryPoint = entryPoints.find(({ name }) => wanted.test(name)) ?? entryPoints[0];
  const isSecure =
    url === undefined
      ? entryPoint !== undefined && (secureName.test(entryPoint.name) || entryPoint.port === 443)
      : url.protocol === "https:";
  return {
    value: {
      name: url?.hostname ?? "litellm.internal",
      ...(entryPoint === undefined ? {} : { entry_point: entryPoint.name }),
      scheme: isSecure ? "https" : "http",
      zone: url === undefined ? "internal" : "external",
      access: [{ who: "litellm" }],
    },
    questions: ["by which name do clients call the gateway? No rule of Traefik names a host that leads to LiteLLM"],
  };
}
