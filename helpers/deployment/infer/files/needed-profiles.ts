import { readFileSync } from "node:fs";
import { isActive } from "../../compose/projects/profiles.ts";
import { filesBelow } from "./compose-files.ts";
import { serviceOf } from "./roles.ts";
import type { ServiceOutline } from "./service-outline.ts";

/** The profiles that a project of the gateway needs. */
export interface NeededProfiles {
  profiles: readonly string[];
  /** The profiles by the services that need them: what LiteLLM reaches, apart from itself and Traefik. */
  forLiteLLM: ReadonlyMap<string, string>;
}

/**
 * The profiles without which LiteLLM or Traefik does not start, or which start what LiteLLM's config and environment name: MCP
 * servers, a database, a cache, and the services on which these depend.
 *
 * @param active the profiles that are on by themselves
 * @param servers the hosts of LiteLLM's MCP servers: see {@link configuredServers}
 */
export function neededProfiles(
  services: readonly ServiceOutline[],
  active: readonly string[],
  servers: ReadonlySet<string>,
): NeededProfiles {
  const chosen = new Set<string>();
  const choose = ({ profiles = [] }: ServiceOutline): string | undefined => {
    const [first] = profiles;
    if (first === undefined || isActive(profiles, [...active, ...chosen])) return undefined;
    chosen.add(first);
    return first;
  };
  const core = (["litellm", "traefik"] as const).flatMap(
    (role) => serviceOf(role, services, (service) => service) ?? [],
  );
  for (const service of core) choose(service);
  const litellm = serviceOf("litellm", services, (service) => service);
  const hosts = new Set([...servers, ...(litellm?.stores ?? [])]);
  const reached = new Set(
    services.filter(
      (one) => !core.includes(one) && [one.name, one.containerName].some((name) => hosts.has(name ?? "")),
    ),
  );
  const forLiteLLM = new Map<string, string>();
  for (const service of reached) {
    const profile = choose(service);
    if (profile !== undefined) forLiteLLM.set(service.name, profile);
    for (const one of services) if (service.dependsOn?.includes(one.name) && !core.includes(one)) reached.add(one);
  }
  return { profiles: [...chosen], forLiteLLM };
}

/** The hosts of the MCP servers that the configs of LiteLLM in a folder name. */
export function configuredServers(folder: string): ReadonlySet<string> {
  const texts = filesBelow(folder)
    .filter((file) => /\.ya?ml$/i.test(file))
    .map((file) => readFileSync(file, "utf8"))
    .filter((text) => /^mcp_servers\s*:/m.test(text))
    .map((text) => text.replaceAll(/^[ \t]*#.*$/gm, ""));
  const urls = texts.flatMap((text) => [...text.matchAll(/(?:^|[\s{,])url\s*:\s*["']?https?:\/\/([\w.-]+)/g)]);
  return new Set(urls.flatMap(([, host]) => host ?? []));
}
