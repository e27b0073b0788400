import { passThrough } from "../../../../helpers/deployment/traefik/dynamic/file-provider.ts";
import type { ComposeService } from "../../../../helpers/deployment/types.ts";
import { networkOfRun, networksOf, type RenderContext } from "../render-context.ts";
import { fetchedPlugins } from "./plugins.ts";

/**
 * The labels of a service for its container of the run. Where Traefik reads Swarm's labels, those under `deploy` are the
 * container's, and Swarm's provider is docker's; labels that Traefik does not read in the deployment are left out.
 */
export function labelsOfRun(context: RenderContext, service: ComposeService): Record<string, string> {
  const { traefikModel } = context.deployment;
  const providers = traefikModel?.static.labelProviders ?? [];
  const swarm = providers.find((provider) => provider.labels === "deploy");
  const plugins = traefikModel === undefined ? new Set<string>() : fetchedPlugins(traefikModel, "labels");
  const labels: Record<string, string> = {
    // Docker compose sets both; Traefik's default names of routers and services derive from them.
    "com.docker.compose.project": service.project,
    "com.docker.compose.service": service.name,
  };
  const add = (name: string, value: string): void => {
    const plugin = /^traefik\.http\.middlewares\.([^.]+)\.plugin\./i.exec(name)?.[1];
    if (plugin !== undefined && plugins.has(plugin.toLowerCase())) {
      const [prefix] = passThrough.stripPrefix.prefixes;
      labels[`traefik.http.middlewares.${plugin}.stripprefix.prefixes`] = prefix;
    } else if (/^traefik\.(?:docker|swarm)\.network$/i.test(name)) {
      labels["traefik.docker.network"] = networkOfRun(context, value);
    } else if (!/^traefik\.swarm\./i.test(name) && !isUnlogged(name, value)) labels[name] = value;
  };
  for (const [name, { value }] of service.labels)
    if (!isTraefiks(name) || providers.some((provider) => provider.labels === "container")) add(name, value);
  if (swarm !== undefined) {
    const isRenamed = (name: string): boolean => swarm.name === "swarm" && isTraefiks(name);
    for (const [name, { value }] of service.deployLabels) add(name, isRenamed(name) ? inPlaceOfSwarm(value) : value);
  }
  const network = networkForTraefik(context, service);
  if (network !== undefined) labels["traefik.docker.network"] = network;
  return labels;
}

/**
 * The network by which Traefik is to reach a service whose own networks the deployment names none of: a run adds networks of its own,
 * and of several Traefik takes any. The first that both are on, else the service's first. Undefined where one of its own is named.
 */
export function networkForTraefik(context: RenderContext, service: ComposeService): string | undefined {
  const { traefik, traefikModel, compose } = context.deployment;
  const providers = traefikModel?.static.labelProviders ?? [];
  if (traefik === undefined || providers.length === 0) return undefined;
  const written = [...service.labels, ...service.deployLabels].find(([name]) =>
    /^traefik\.(?:docker|swarm)\.network$/i.test(name),
  )?.[1];
  const named = (written ?? providers.find(({ network }) => network !== undefined)?.network)?.value;
  const own = [...networksOf(service).keys()].filter((key) => context.networks.has(key));
  if (own.some((key) => (compose.networks.get(key)?.name ?? key) === named)) return undefined;
  const ofTraefik = networksOf(traefik);
  const key = own.find((one) => ofTraefik.has(one)) ?? own[0];
  return key === undefined ? undefined : context.networks.get(key)?.name;
}

/** Docker's provider has Swarm's place. A name of docker's own, which nothing defines in the deployment, stays one of nothing. */
function inPlaceOfSwarm(value: string): string {
  return value.replaceAll(/@(swarm|docker)\b/g, (_, provider) => (provider === "swarm" ? "@docker" : "@swarm"));
}

/** Whether a label keeps a router's requests out of the access log, in which the suite looks up every request. */
export function isUnlogged(name: string, value: string): boolean {
  return /^traefik\.http\.routers\.[^.]+\.observability\.accesslogs$/i.test(name) && value.toLowerCase() === "false";
}

/** Whether a label is one of Traefik's. */
export function isTraefiks(name: string): boolean {
  return /^traefik\./i.test(name);
}
