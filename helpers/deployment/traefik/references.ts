import { suggest } from "../../core/text/nearest.ts";
import type { ComposeFile } from "../compose/types.ts";
import type { FaultList } from "../source/fault-list.ts";
import type { SourceLocation } from "../source/location.ts";
import type { TraefikMiddleware, TraefikRouter } from "./dynamic.ts";
import type { LabelledContainer, TraefikModel } from "./model.ts";
import { splitList } from "./schema.ts";
import type { StaticConfiguration } from "./static.ts";

const internalServices = [
  "noop@internal",
  "api@internal",
  "dashboard@internal",
  "ping@internal",
  "prometheus@internal",
  "rest@internal",
];

/** The names that routers may use. */
interface KnownNames {
  middlewares: ReadonlySet<string>;
  services: ReadonlySet<string>;
}

/**
 * Checks that whatever a router names exists: entry points in the static configuration, middlewares and services in the
 * labels of any container. Traefik itself only logs such a router as broken, or drops it.
 */
export function checkTraefikReferences(model: TraefikModel, compose: ComposeFile, faults: FaultList): void {
  const live = model.containers.filter((container) => isLive(container, model.static, faults));
  const known: KnownNames = {
    middlewares: new Set(live.flatMap(({ names }) => [...names.middlewares])),
    services: new Set(live.flatMap(({ names }) => [...names.services])),
  };
  const seen = new Map<string, { location: SourceLocation; owner: string }>();
  for (const container of live) {
    checkNetwork(container, compose, model.static, faults);
    for (const router of container.configuration.routers) {
      const before = seen.get(router.name);
      if (before !== undefined) {
        faults.add(
          router.location,
          `the router '${router.name}' is defined a second time (by ${before.owner} in line ${before.location.line}): Traefik drops both when they differ`,
          "give one of them another name",
        );
      }
      seen.set(router.name, { location: router.location, owner: container.service.name });
      checkEntryPoints(router, model.static, faults);
      for (const name of router.middlewares) checkMiddleware(router, name, known.middlewares, faults);
      checkService(router, container, known.services, faults);
    }
    for (const middleware of container.configuration.middlewares) checkChain(middleware, known.middlewares, faults);
  }
}

function isLive(
  { service, configuration, names }: LabelledContainer,
  { exposedByDefault }: StaticConfiguration,
  faults: FaultList,
): boolean {
  const { enable, routers, services, middlewares } = configuration;
  const some = routers[0]?.location ?? services[0]?.location ?? middlewares[0]?.location;
  if (enable?.value === false || (enable === undefined && !exposedByDefault)) {
    if (some !== undefined && enable === undefined) {
      faults.add(
        some,
        `the labels of '${service.name}' have no effect: exposedByDefault is false and traefik.enable is missing`,
        'add the label traefik.enable: "true"',
      );
      // Checked nevertheless, so that all faults show in one run.
      return true;
    }
    return false;
  }
  // A router that does not parse is a fault already.
  if (enable?.value === true && names.routers.size === 0) {
    faults.add(
      enable.location,
      `'${service.name}' has traefik.enable but no router: Traefik would derive one from its name`,
      "add a router, or remove the label",
    );
  }
  return enable?.value === true || some !== undefined;
}

function checkNetwork(
  { service, configuration }: LabelledContainer,
  compose: ComposeFile,
  { dockerNetwork }: StaticConfiguration,
  faults: FaultList,
): void {
  const wanted = configuration.network ?? dockerNetwork;
  const joined = [...service.networks.keys()];
  if (wanted === undefined) {
    if (joined.length > 1 && configuration.routers.length > 0) {
      faults.add(
        service.location,
        `'${service.name}' is on ${joined.length} networks and nothing says by which Traefik reaches it: Traefik picks one at random`,
        "add the label traefik.docker.network",
      );
    }
    return;
  }
  const names = joined.map((key) => compose.networks.get(key)?.name ?? `${compose.project}_${key}`);
  // The key without the project's name is accepted too: the run maps it to its own network.
  if (names.includes(wanted.value) || joined.includes(wanted.value)) return;
  faults.add(
    wanted.location,
    `Traefik is to reach '${service.name}' by the network '${wanted.value}', which the service is not on`,
    suggest(wanted.value, names, `name one of ${names.join(", ")}`),
  );
}

function checkEntryPoints(router: TraefikRouter, { entryPoints }: StaticConfiguration, faults: FaultList): void {
  for (const name of router.entryPoints) {
    if (entryPoints.has(name)) continue;
    faults.add(
      locationIn(router, "entrypoints"),
      `the router '${router.name}' names the entry point '${name}', which Traefik's command does not define`,
      suggest(name, entryPoints.keys(), `add --entryPoints.${name}.address to Traefik's command`),
    );
  }
}

function checkMiddleware(router: TraefikRouter, name: string, known: ReadonlySet<string>, faults: FaultList): void {
  const wanted = name.replace(/@docker$/, "");
  const location = locationIn(router, "middlewares");
  if (wanted.includes("@")) {
    if (!wanted.endsWith("@internal")) reportOtherProvider(router, wanted, "middleware", location, faults);
    return;
  }
  if (known.has(wanted)) return;
  faults.add(
    location,
    `the router '${router.name}' names the middleware '${wanted}', which no label defines`,
    suggest(wanted, known, `define traefik.http.middlewares.${wanted}`),
  );
}

function checkChain(
  { name, kind, options, location }: TraefikMiddleware,
  known: ReadonlySet<string>,
  faults: FaultList,
): void {
  if (kind !== "chain") return;
  for (const item of splitList(options.get("chain.middlewares")?.value ?? "")) {
    const wanted = item.replace(/@docker$/, "");
    if (known.has(wanted)) continue;
    faults.add(
      location,
      `the chain '${name}' names the middleware '${wanted}', which no label defines`,
      suggest(wanted, known, "define it, or remove it"),
    );
  }
}

function checkService(
  router: TraefikRouter,
  { service, configuration }: LabelledContainer,
  known: ReadonlySet<string>,
  faults: FaultList,
): void {
  if (router.service === undefined) {
    const { length } = configuration.services;
    if (length > 1) {
      faults.add(
        router.location,
        `the router '${router.name}' names no service and '${service.name}' has ${length}: Traefik drops the router`,
        `add traefik.http.routers.${router.name}.service`,
      );
    }
    return;
  }
  const wanted = router.service.replace(/@docker$/, "");
  const location = locationIn(router, "service");
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
    reportOtherProvider(router, wanted, "service", location, faults);
    return;
  }
  if (known.has(wanted)) return;
  faults.add(
    location,
    `the router '${router.name}' names the service '${wanted}', which no label defines`,
    suggest(wanted, known, `define traefik.http.services.${wanted}.loadbalancer.server.port`),
  );
}

function reportOtherProvider(
  { name }: TraefikRouter,
  wanted: string,
  part: string,
  location: SourceLocation,
  faults: FaultList,
): void {
  faults.add(
    location,
    `the router '${name}' names '${wanted}' of another provider`,
    `define the ${part} with labels: the suite reads no other provider`,
  );
}

/** The location of one option of a router; the rule's for one that is not set. */
function locationIn({ options, location }: TraefikRouter, option: string): SourceLocation {
  return options.get(option)?.location ?? location;
}
