import { isInternalName } from "../../services/hosts.ts";
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
/** The names that those without usually have. */
const plainName = /^(?:web|http)$/i;

/**
 * A gateway must have a name: that of a router to LiteLLM which Traefik serves nowhere, the one in LiteLLM's environment, else a
 * placeholder.
 */
export function placeholderHost({
  view,
  edge,
  unserved,
  hasUnrelatedTraefik,
}: Pick<Inference, "view" | "edge" | "unserved" | "hasUnrelatedTraefik">): Stated<HostInput> {
  const { litellm, traefik } = view;
  const { entryPoints } = edge;
  const [router] = unserved.filter(({ hosts }) => hosts.length > 0);
  const [named] = router?.hosts ?? [];
  if (router !== undefined && named !== undefined) {
    const wanted = router.tls ? secureName : plainName;
    const { name } = entryPoints.find((one) => wanted.test(one.name)) ?? entryPoints[0] ?? {};
    return {
      value: {
        name: named,
        ...(name === undefined ? {} : { entry_point: name }),
        scheme: router.tls ? "https" : "http",
        zone: isInternalName(named) ? "internal" : "external",
        access: [{ who: "litellm" }],
      },
      questions: [`the router ${router.name} is for this host, and on no entry point of Traefik: is ${name} meant?`],
    };
  }
  const baseUrl = litellm.environment.get("PROXY_BASE_URL")?.value ?? "";
  // Each machine has a `localhost` of its own.
  const url = URL.canParse(baseUrl) && !isLoopbackName(new URL(baseUrl).hostname) ? new URL(baseUrl) : undefined;
  if (traefik === undefined) {
    const why = hasUnrelatedTraefik === true ? "no rule of Traefik leads to LiteLLM" : "the deployment has no Traefik";
    return directHost(url, view, why);
  }
  const wanted = url?.protocol === "https:" ? secureName : plainName;
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
