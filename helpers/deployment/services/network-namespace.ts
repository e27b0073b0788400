import type { ComposeFile, ComposeService } from "../compose/types.ts";

/**
 * The service whose network namespace a service runs in: the one that `network_mode: service:<key>` or `container:<name>` names, else
 * itself. Other services find it there by the names and on the networks of that service.
 */
export function namespaceOwner({ services }: ComposeFile, service: ComposeService): ComposeService {
  const [, kind, name = ""] = /^(service|container):(.+)$/.exec(service.networkMode?.value ?? "") ?? [];
  const named =
    kind === "service"
      ? services.get(name)
      : [...services.values()].find(({ containerName }) => kind === "container" && containerName?.value === name);
  return named ?? service;
}

/** The services that run in the network namespace of a service, itself among them. */
export function servicesInNamespace(compose: ComposeFile, owner: ComposeService): ComposeService[] {
  return [...compose.services.values()].filter((service) => namespaceOwner(compose, service).key === owner.key);
}

/** The keys of the networks that a service with networks of its own is on. */
export function networkKeysOf({ networks }: ComposeService): string[] {
  return networks.size === 0 ? ["default"] : [...networks.keys()];
}
