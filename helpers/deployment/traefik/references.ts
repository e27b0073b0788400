import { suggest } from "../../core/text/nearest.ts";
import type { FaultList } from "../source/fault-list.ts";
import type { ComposeFile, ComposeService, SourceLocation } from "../types.ts";
import type { TraefikCommand } from "./command.ts";
import { parseTraefikLabels, type TraefikLabels, type TraefikRouter } from "./labels.ts";

const internalServices = [
  "noop@internal",
  "api@internal",
  "dashboard@internal",
  "ping@internal",
  "prometheus@internal",
  "rest@internal",
];

/** A container's labels, with whose they are. */
interface Labelled {
  service: ComposeService;
  labels: TraefikLabels;
}

/**
 * Checks that whatever a router names exists: entry points in Traefik's command, middlewares and services in the labels
 * of any container. Traefik itself only logs such a router as broken, or drops it.
 *
 * @returns the routers that Traefik makes
 */
export function checkTraefikReferences(
  compose: ComposeFile,
  command: TraefikCommand,
  faults: FaultList,
): readonly TraefikRouter[] {
  const all: Labelled[] = [...compose.services.values()].map((service) => ({
    service,
    labels: parseTraefikLabels(service.labels, faults),
  }));
  const live = all.filter(({ service, labels }) => isLive(service, labels, command, faults));
  const middlewares = namesBelow(live, "middlewares");
  const services = namesBelow(live, "services");
  const seen = new Map<string, { location: SourceLocation; owner: string }>();
  for (const { service, labels } of live) {
    checkNetwork(service, labels, compose, command, faults);
    for (const router of labels.routers) {
      const before = seen.get(router.name);
      if (before !== undefined) {
        faults.add(
          router.location,
          `the router '${router.name}' is made a second time (by ${before.owner} in line ${before.location.line}): Traefik drops both when they differ`,
          "give one of them another name",
        );
      }
      seen.set(router.name, { location: router.location, owner: service.name });
      checkEntryPoints(router, command, service, faults);
      for (const name of router.middlewares) checkMiddleware(router, name, middlewares, service, faults);
      checkService(router, labels, services, service, faults);
    }
    for (const middleware of labels.middlewares) {
      if (middleware.kind !== "chain") continue;
      for (const name of middleware.options.get("middlewares")?.value.split(",") ?? []) {
        const wanted = name.trim().replace(/@docker$/, "");
        if (!middlewares.has(wanted)) {
          faults.add(
            middleware.location,
            `the chain '${middleware.name}' names the middleware '${wanted}', which no label defines`,
            suggest(wanted, middlewares, "define it, or remove it"),
          );
        }
      }
    }
  }
  return live.flatMap(({ labels }) => labels.routers);
}

/** Also what has a fault of its own: one mistake is to show once. */
function namesBelow(all: readonly Labelled[], section: "middlewares" | "services"): Set<string> {
  const pattern = new RegExp(`^traefik\\.http\\.${section}\\.([^.]+)\\.`, "i");
  return new Set(
    all.flatMap(({ service }) => [...service.labels.keys()].flatMap((key) => pattern.exec(key)?.[1] ?? [])),
  );
}

function isLive(service: ComposeService, labels: TraefikLabels, command: TraefikCommand, faults: FaultList): boolean {
  const some = labels.routers[0]?.location ?? labels.services[0]?.location ?? labels.middlewares[0]?.location;
  if (labels.enable?.value === false || (labels.enable === undefined && !command.exposedByDefault)) {
    if (some !== undefined && labels.enable === undefined) {
      faults.add(
        some,
        `the labels of '${service.name}' have no effect: exposedByDefault is false and traefik.enable is missing`,
        'add the label traefik.enable: "true"',
      );
      // Checked all the same, so that everything wrong shows at once.
      return true;
    }
    return false;
  }
  if (labels.enable?.value === true && labels.routers.length === 0 && !hasRouterLabel(service)) {
    faults.add(
      labels.enable.location,
      `'${service.name}' has traefik.enable but no router: Traefik would make one up from its name`,
      "add a router, or remove the label",
    );
  }
  return labels.enable?.value === true || some !== undefined;
}

/** Also a router that does not parse counts here: it is a fault already. */
function hasRouterLabel(service: ComposeService): boolean {
  return [...service.labels.keys()].some((key) => /^traefik\.http\.routers\./i.test(key));
}

function checkNetwork(
  service: ComposeService,
  labels: TraefikLabels,
  compose: ComposeFile,
  command: TraefikCommand,
  faults: FaultList,
): void {
  const wanted = labels.network ?? command.network;
  const joined = [...service.networks.keys()];
  // compose puts the project's name before a network that has no name of its own; both forms are taken.
  const names = new Map(joined.map((key) => [compose.networks.get(key)?.name ?? key, key]));
  if (wanted !== undefined) {
    const known = names.has(wanted.value) || joined.some((key) => wanted.value.endsWith(`_${key}`));
    if (!known) {
      faults.add(
        wanted.location,
        `Traefik is to reach '${service.name}' by the network '${wanted.value}', which it is not on`,
        suggest(wanted.value, names.keys(), `name one of ${[...names.keys()].join(", ")}`),
      );
    }
  } else if (joined.length > 1 && labels.routers.length > 0) {
    faults.add(
      service.location,
      `'${service.name}' is on ${joined.length} networks and nothing says by which Traefik reaches it: it picks one at random`,
      "add the label traefik.docker.network",
    );
  }
}

function checkEntryPoints(
  router: TraefikRouter,
  command: TraefikCommand,
  service: ComposeService,
  faults: FaultList,
): void {
  const location = labelLocation(service, router, "entrypoints");
  for (const name of router.entryPoints) {
    if (command.entryPoints.has(name)) continue;
    faults.add(
      location,
      `the router '${router.name}' names the entry point '${name}', which Traefik's command does not define`,
      suggest(name, command.entryPoints.keys(), `add --entryPoints.${name}.address to Traefik's command`),
    );
  }
}

function checkMiddleware(
  router: TraefikRouter,
  name: string,
  known: ReadonlySet<string>,
  service: ComposeService,
  faults: FaultList,
): void {
  const wanted = name.replace(/@docker$/, "");
  const location = labelLocation(service, router, "middlewares");
  if (wanted.includes("@")) {
    if (!wanted.endsWith("@internal"))
      faults.add(
        location,
        `the router '${router.name}' names '${wanted}' of another provider`,
        "define the middleware with labels: the suite reads nothing else",
      );
    return;
  }
  if (known.has(wanted)) return;
  faults.add(
    location,
    `the router '${router.name}' names the middleware '${wanted}', which no label defines`,
    suggest(wanted, known, `define traefik.http.middlewares.${wanted}`),
  );
}

function checkService(
  router: TraefikRouter,
  own: TraefikLabels,
  known: ReadonlySet<string>,
  service: ComposeService,
  faults: FaultList,
): void {
  if (router.service === undefined) {
    if (own.services.length > 1) {
      faults.add(
        router.location,
        `the router '${router.name}' names no service and '${service.name}' has ${own.services.length}: Traefik drops it`,
        `add traefik.http.routers.${router.name}.service`,
      );
    }
    return;
  }
  const wanted = router.service.replace(/@docker$/, "");
  const location = labelLocation(service, router, "service");
  if (wanted.endsWith("@internal")) {
    if (!internalServices.includes(wanted)) {
      faults.add(
        location,
        `the router '${router.name}' names '${wanted}', which Traefik does not have`,
        suggest(wanted, internalServices, `use one of ${internalServices.join(", ")}`),
      );
    }
    return;
  }
  if (wanted.includes("@")) {
    faults.add(
      location,
      `the router '${router.name}' names '${wanted}' of another provider`,
      "define the service with labels: the suite reads nothing else",
    );
    return;
  }
  if (known.has(wanted)) return;
  faults.add(
    location,
    `the router '${router.name}' names the service '${wanted}', which no label defines`,
    suggest(wanted, known, `define traefik.http.services.${wanted}.loadbalancer.server.port`),
  );
}

/** The line of one option of a router; the rule's where it can't be found. */
function labelLocation(service: ComposeService, router: TraefikRouter, option: string): SourceLocation {
  const wanted = `traefik.http.routers.${router.name}.${option}`.toLowerCase();
  for (const [key, { location }] of service.labels) if (key.toLowerCase() === wanted) return location;
  return router.location;
}
