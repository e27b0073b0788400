import { isInternalName } from "../../services/hosts.ts";
import type { DeploymentView } from "../deployment-view.ts";
import { placeOf } from "../files/compose-files.ts";
import type { Inference } from "../inference.ts";
import type { HostInput, Stated } from "../policy-input.ts";
import { otherProxy } from "./other-proxies.ts";
import { type FoundRouter, routersInFolder } from "./unmounted-routers.ts";

/** Without a Traefik, clients call LiteLLM itself, by the port that it publishes. */
function directHost(url: URL | undefined, view: DeploymentView, why: string): Stated<HostInput> {
  const { litellm, folder } = view;
  const other = otherProxy(litellm);
  const [labelled] = other?.hosts ?? [];
  const [router] = url === undefined && labelled === undefined ? routersInFolder(view) : [];
  const name = url?.hostname ?? labelled ?? router?.hosts[0] ?? "litellm.internal";
  const known =
    url !== undefined
      ? "The name is that of PROXY_BASE_URL"
      : labelled !== undefined
        ? `The name is in ${placeOf(folder, other?.location)}`
        : router !== undefined
          ? unmounted(router, folder)
          : "No file gives it";
  return {
    value: { name, scheme: "http", zone: "internal", access: [{ who: "litellm" }] },
    questions: [`by which name do clients call the gateway? ${known}; ${why}, so LiteLLM is asked directly`],
  };
}

/** A name that Traefik does not have from the deployment's files, as far as they say it. */
function unmounted({ hosts, location }: FoundRouter, folder: string): string {
  return `The name${hosts.length > 1 ? "s are" : " is"} in ${placeOf(folder, location)} (${hosts.join(", ")}), a file of Traefik's that nothing mounts`;
}

/** Whether a name leads no client to a gateway: one of the machine itself, or a placeholder (RFC 6761). */
function leadsNowhere(name: string): boolean {
  return /\.invalid$|^(?:(?:.*\.)?localhost|127(?:\.\d+){3}|\[::1?\]|0\.0\.0\.0)$/i.test(name);
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
  const onNoEntryPoint = unservedHost(unserved, entryPoints);
  if (onNoEntryPoint !== undefined) return onNoEntryPoint;
  const baseUrl = litellm.environment.get("PROXY_BASE_URL")?.value ?? "";
  // Each machine has a `localhost` of its own.
  const url = URL.canParse(baseUrl) && !leadsNowhere(new URL(baseUrl).hostname) ? new URL(baseUrl) : undefined;
  if (traefik === undefined) {
    const why = hasUnrelatedTraefik === true ? "no rule of Traefik leads to LiteLLM" : "the deployment has no Traefik";
    return directHost(url, view, why);
  }
  const [router] = url === undefined ? routersInFolder(view) : [];
  const wanted = url?.protocol === "https:" || router?.tls === true ? secureName : plainName;
  const entryPoint =
    entryPoints.find(({ name }) => router?.entryPoints.includes(name) === true) ??
    entryPoints.find(({ name }) => wanted.test(name)) ??
    entryPoints[0];
  const isSecure =
    url === undefined
      ? entryPoint !== undefined && (secureName.test(entryPoint.name) || entryPoint.port === 443)
      : url.protocol === "https:";
  const name = url?.hostname ?? router?.hosts[0] ?? "litellm.internal";
  const found = router === undefined ? "" : `. ${unmounted(router, view.folder)}`;
  return {
    value: {
      name,
      ...(entryPoint === undefined ? {} : { entry_point: entryPoint.name }),
      scheme: isSecure ? "https" : "http",
      zone: url === undefined && isInternalName(name) ? "internal" : "external",
      access: [{ who: "litellm" }],
    },
    questions: [
      `by which name do clients call the gateway? No rule of Traefik names a host that leads to LiteLLM${found}`,
    ],
  };
}

/** The host of a router to LiteLLM that is on no entry point of Traefik. */
function unservedHost(
  unserved: Inference["unserved"],
  entryPoints: Inference["edge"]["entryPoints"],
): Stated<HostInput> | undefined {
  const [router] = unserved.filter(({ hosts }) => hosts.length > 0);
  const [named] = router?.hosts ?? [];
  if (router === undefined || named === undefined) return undefined;
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
