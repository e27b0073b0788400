import { isSocketProxy, mountsSocket } from "../deployment/services/engine-socket.ts";
import { planServices } from "../deployment/services/service-plan.ts";
import type { Deployment, SourceLocation } from "../deployment/types.ts";

/** A listener that gives whoever reaches it more than the gateway would, e.g. a database. */
export interface AdminListener {
  /** The service's key in the compose files. */
  service: string;
  /** Its port in the container. */
  port: number;
  /** Whether every other port on which the service listens counts too. */
  everyPort: boolean;
  /** Keys of the services that need it by their nature, whatever the policy says. */
  users: readonly string[];
  /** In messages, e.g. `Traefik's API`. */
  name: string;
  /** What somebody who reaches it can do, as part of a sentence. */
  gives: string;
  /** Where it is opened. */
  location: SourceLocation;
  /** How to close it there, in the imperative; without it, only a network of its own keeps others away. */
  fix?: string;
}

/** A container that has the engine's socket. */
export interface SocketMount {
  service: string;
  location: SourceLocation;
}

/** The administrative listeners of a deployment, by its compose files and Traefik's options. */
export function adminListeners(deployment: Deployment): AdminListener[] {
  const listeners: AdminListener[] = [];
  for (const [service, { role, service: compose }] of planServices(deployment)) {
    const { location } = compose;
    if (role === "database")
      listeners.push({
        service,
        port: 5432,
        everyPort: true,
        users: [],
        name: "the database",
        gives: "tries passwords at it",
        location,
      });
    if (role === "cache")
      listeners.push({
        service,
        port: 6379,
        everyPort: true,
        users: [],
        name: "Redis",
        gives: "reads and changes what LiteLLM keeps there",
        location,
      });
    if (isSocketProxy(compose))
      listeners.push({
        service,
        port: 2375,
        everyPort: false,
        users: deployment.traefik === undefined ? [] : [deployment.traefik.key],
        name: "the proxy of Docker's socket",
        gives: "controls containers",
        location,
      });
  }
  const api = traefikApi(deployment);
  return api === undefined ? listeners : [...listeners, api];
}

/** Traefik's API where it needs no credential; undefined where nobody but Traefik's own container reaches it. */
export function traefikApi({ traefik, traefikModel }: Deployment): AdminListener | undefined {
  const api = traefikModel?.static.insecureApi;
  if (api === undefined || traefik === undefined || /^(?:127\.|localhost$|\[?::1)/.test(api.host)) return undefined;
  return {
    service: traefik.key,
    port: api.port,
    everyPort: false,
    users: [],
    name: "Traefik's API",
    gives: "reads every router and middleware, with the keys that they add",
    location: traefikModel?.static.get("api.insecure")?.location ?? traefik.location,
    fix: "set api.insecure to false",
  };
}

/**
 * The parts of the gateway that have the engine's socket: whoever controls such a container controls the host. Traefik and a
 * proxy of the socket need it, and services that are not part of the gateway are their operator's matter.
 */
export function socketMounts(deployment: Deployment): SocketMount[] {
  return [...planServices(deployment)].flatMap(([service, { role, run, service: compose }]) => {
    const mount = role === "traefik" || run.as === "left-out" ? undefined : mountsSocket(compose);
    return mount === undefined ? [] : [{ service, location: mount.location }];
  });
}
