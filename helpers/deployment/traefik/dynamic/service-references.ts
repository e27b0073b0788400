import { suggest } from "../../../core/text/nearest.ts";
import type { TraefikModel } from "../model.ts";
import type { ProblemList } from "../problems.ts";
import type { TraefikRouter } from "./dynamic.ts";
import { type KnownNames, qualified, similarName } from "./known-names.ts";
import { missingName } from "./missing-names.ts";
import { disabled, locationIn, routerScope } from "./router-problems.ts";

/** Checks that the service that a router names exists, at any provider. */
export function checkService(
  router: TraefikRouter,
  model: TraefikModel,
  known: KnownNames,
  problems: ProblemList,
): void {
  const location = locationIn(router, "service");
  if (router.service === undefined) {
    if (router.provider !== "file") return;
    const what = `the router '${router.name}' names no service`;
    problems.add(routerScope(router), location, what, disabled, "add 'service:'");
    return;
  }
  const wanted = qualified(router.service, router.provider);
  if (known.services.has(wanted)) return;
  if (wanted.endsWith("@internal")) {
    const what = `the router '${router.name}' names '${wanted}', which Traefik does not have`;
    const fix = suggest(wanted, known.internalServices, `use one of ${known.internalServices.join(", ")}`);
    problems.add(routerScope(router), location, what, disabled, fix);
    return;
  }
  if (checkLostLabel(router, router.service, model, known, problems)) return;
  const part = { part: "service", section: "services", name: router.service, provider: router.provider } as const;
  const { why, location: cause = location, fix } = missingName(part, known);
  const what = `the router '${router.name}' names the service '${router.service}', ${why}`;
  problems.add(routerScope(router), cause, what, disabled, fix);
}

/**
 * A container that defines no service, although all of its routers to a server name the same one, lacks the label that would: that is
 * one fault at one place, however many routers there are.
 */
function checkLostLabel(
  router: TraefikRouter,
  name: string,
  model: TraefikModel,
  known: KnownNames,
  problems: ProblemList,
): boolean {
  const container = model.containers.find(({ configuration }) => configuration.routers.includes(router));
  if (container === undefined || name.includes("@") || container.names.services.size > 0) return false;
  if (known.dropped.services.has(qualified(name, router.provider))) return false;
  if (similarName(name, router.provider, known.services) !== undefined) return false;
  const { service, configuration } = container;
  const called = configuration.routers.filter((one) => one.service?.endsWith("@internal") !== true);
  if (called.some((one) => one.service !== name)) return false;
  problems.add(
    routerScope(router),
    configuration.enable?.location ?? configuration.routers[0]?.location ?? router.location,
    `the routers of '${service.name}' name the service '${name}', which no label of it defines`,
    "Traefik disables them, and logs it",
    `add the label traefik.http.services.${name}.loadbalancer.server.port with the port on which '${service.name}' listens`,
  );
  return true;
}
