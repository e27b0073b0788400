import type { TraefikModel } from "../model.ts";
import type { ProblemList } from "../problems.ts";
import type { ProviderName, TraefikRouter, TraefikService } from "./dynamic.ts";
import { fixMissing, qualified } from "./known-names.ts";

/** A service with its provider, and the container's only service for the routers that name none. */
interface Source {
  provider: ProviderName;
  routers: readonly TraefikRouter[];
  services: readonly TraefikService[];
}

/**
 * Checks that the servers transport that a service names exists: Traefik disables every router that leads to the service without it.
 * Only files of the file provider define one (labels can't), so nothing is said where one of them can't be read.
 *
 * Source: Traefik, pkg/server/service/service.go and pkg/config/dynamic/http_config.go.
 */
export function checkServersTransports(model: TraefikModel, problems: ProblemList): void {
  if (!areFilesKnown(model)) return;
  const own = model.files?.configuration.serversTransports ?? [];
  const known = new Set(own.map((name) => `${name}@file`));
  const sources = liveSources(model);
  for (const { provider, services } of sources)
    for (const service of services) {
      const written = service.options.get("loadbalancer.serverstransport");
      if (written === undefined || written.value === "") continue;
      const wanted = qualified(written.value, provider);
      // Those of other providers, and Traefik's own, are in no file.
      if (!/@(?:file|docker|swarm)$/.test(wanted) || known.has(wanted)) continue;
      const bare = written.value.replace(/@.*$/, "");
      const users = sources.flatMap((source) => usersOf(`${service.name}@${provider}`, source, sources));
      const scopes = users.map((router) => ({ kind: "router" as const, name: `${router.name}@${router.provider}` }));
      for (const scope of scopes.length === 0 ? [{ kind: "nothing" as const }] : scopes)
        problems.add(
          scope,
          written.location,
          `the service '${service.name}' names the servers transport '${written.value}', which nothing defines`,
          "Traefik disables each router that leads to the service, and logs it",
          fixMissing(known.has(`${bare}@file`) ? bare : written.value, provider, known, "servers transport"),
        );
    }
}

/** Whether every file of the file provider is read: a template, or a directory that is elsewhere, may define more. */
function areFilesKnown({ files, static: configuration }: TraefikModel): boolean {
  if (files === undefined) return !configuration.has("providers.file");
  const isRead = files.files.every(({ rendered, standIn }) => rendered !== undefined && standIn === undefined);
  return !files.areRefused && files.files.length > 0 && isRead;
}

function liveSources({ containers, files }: TraefikModel): Source[] {
  return [
    ...containers.flatMap(({ isLive, provider, configuration }) => (isLive ? [{ provider, ...configuration }] : [])),
    ...(files === undefined ? [] : [{ provider: "file" as const, ...files.configuration }]),
  ];
}

/** The routers of a source that lead to a service, also by services that are made of it. */
function usersOf(wanted: string, { provider, routers, services }: Source, sources: readonly Source[]): TraefikRouter[] {
  const [only] = provider === "file" ? [] : services;
  return routers.filter(({ service = only?.name }) => {
    const open = service === undefined ? [] : [qualified(service, provider)];
    const found = new Set<string>();
    for (let name = open.shift(); name !== undefined; name = open.shift()) {
      if (found.has(name)) continue;
      found.add(name);
      open.push(...partsOf(name, sources));
    }
    return found.has(wanted);
  });
}

/** The services that one is made of. */
function partsOf(name: string, sources: readonly Source[]): string[] {
  return sources.flatMap(({ provider, services }) =>
    services.flatMap((service) =>
      `${service.name}@${provider}` === name ? service.services.map((part) => qualified(part, provider)) : [],
    ),
  );
}
