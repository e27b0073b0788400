import { suggest } from "../../../core/text/nearest.ts";
import type { ComposeFile } from "../../compose/types.ts";
import type { SourceLocation, Written } from "../../source/location.ts";
import type { LabelledContainer, TraefikModel } from "../model.ts";
import type { ProblemList } from "../problems.ts";
import { splitList } from "../schema.ts";
import type { TraefikRouter } from "./dynamic.ts";
import { type KnownNames, knownNames, qualified } from "./known-names.ts";
import { missingName, withoutFiles } from "./missing-names.ts";
import { disabled, fullName, locationIn, routerScope } from "./router-problems.ts";
import { checkServersTransports } from "./servers-transports.ts";
import { checkService } from "./service-references.ts";
import { checkTlsVersions } from "./tls-versions.ts";

/**
 * Checks that whatever the live configuration names exists: entry points, middlewares, services, TLS options, servers transports, of
 * any provider. Traefik itself starts without, and disables or drops such a router.
 */
export function checkReferences(model: TraefikModel, compose: ComposeFile, problems: ProblemList): void {
  const known = knownNames(model);
  const seen = new Map<string, { location: SourceLocation; owner: string }>();
  for (const container of model.containers) {
    checkEnable(container, problems);
    if (!container.isLive) continue;
    checkNetwork(container, compose, model, problems);
    for (const router of container.configuration.routers) {
      const before = seen.get(fullName(router));
      if (before !== undefined) {
        problems.add(
          routerScope(router),
          router.location,
          `the router '${router.name}' is defined a second time (by ${before.owner} in line ${before.location.line})`,
          "Traefik drops both when they differ",
          "give one of them another name",
        );
      }
      seen.set(fullName(router), { location: router.location, owner: container.service.name });
      checkOnlyService(router, container, problems);
    }
  }
  for (const router of model.routers) {
    checkEntryPoints(router, model, problems);
    for (const name of router.middlewares) checkMiddleware(router, name, known, problems);
    checkService(router, model, known, problems);
    checkTlsOptions(router, known, problems);
    checkCertificate(
      `the router '${router.name}'`,
      fullName(router),
      router.options.get("tls.certresolver"),
      model,
      problems,
    );
  }
  for (const name of model.static.entryPoints.keys()) {
    const written = model.static.get(`entryPoints.${name}.http.tls.certResolver`);
    checkCertificate(`the entry point '${name}'`, name, written, model, problems);
  }
  checkRedirections(model, problems);
  checkChains(model, known, problems);
  checkServersTransports(model, problems);
  checkTlsVersions(model, problems);
}

function checkEnable(
  { service, provider, configuration, names, isLive }: LabelledContainer,
  problems: ProblemList,
): void {
  const { enable, network, routers, services, middlewares } = configuration;
  const written = [network, routers[0], services[0], middlewares[0]].flatMap((one) => one?.location ?? []);
  const some = written.toSorted((one, other) => one.line - other.line)[0];
  const scope = { kind: "source", source: service.name } as const;
  if (!isLive && enable === undefined && some !== undefined) {
    problems.add(
      scope,
      some,
      `the labels of '${service.name}' have no effect: exposedByDefault is false and traefik.enable is missing`,
      `Traefik's provider '${provider}' ignores the container`,
      'add the label traefik.enable: "true"',
    );
  }
  const isAlone = names.routers.size === 0 && names.services.size === 0 && names.middlewares.size === 0;
  if (isLive && enable?.value === true && isAlone && routers[0] !== undefined) {
    const what = `'${service.name}' has traefik.enable but no router`;
    const effect = `Traefik makes the router '${routers[0].name}' with the rule ${routers[0].ruleText}`;
    problems.add({ kind: "nothing" }, enable.location, what, effect, "add a router, or remove the label");
  }
}

function checkNetwork(
  { service, provider, configuration }: LabelledContainer,
  compose: ComposeFile,
  model: TraefikModel,
  problems: ProblemList,
): void {
  const ofProvider = model.static.labelProviders.find(({ name }) => name === provider)?.network;
  const wanted = configuration.network ?? ofProvider;
  const joined = [...service.networks.keys()];
  if (wanted === undefined) {
    // `api@internal` and its like are in Traefik itself.
    const isCalled = configuration.routers.some(({ service: name }) => name?.endsWith("@internal") !== true);
    if (joined.length > 1 && isCalled) {
      problems.add(
        { kind: "nothing" },
        service.location,
        `'${service.name}' is on ${joined.length} networks and nothing says by which Traefik reaches it`,
        "Traefik picks one at random",
        `add the label traefik.${provider}.network`,
      );
    }
    return;
  }
  const names = joined.map((key) => compose.networks.get(key)?.name ?? `${compose.project}_${key}`);
  if (names.includes(wanted.value)) return;
  // Traefik knows networks by their names on the host.
  const named = joined.includes(wanted.value) ? compose.networks.get(wanted.value)?.name : undefined;
  problems.add(
    { kind: "nothing" },
    wanted.location,
    `Traefik is to reach '${service.name}' by the network '${wanted.value}', ` +
      (named === undefined
        ? "which the service is not on"
        : `which is a key of the compose file: its name is '${named}'`),
    "Traefik picks another one of its networks, and logs it",
    named === undefined ? suggest(wanted.value, names, `name one of ${names.join(", ")}`) : `write '${named}'`,
  );
}

function checkOnlyService(
  router: TraefikRouter,
  { service, configuration }: LabelledContainer,
  problems: ProblemList,
): void {
  const { length } = configuration.services;
  if (router.service !== undefined || length < 2) return;
  problems.add(
    routerScope(router),
    router.location,
    `the router '${router.name}' names no service and '${service.name}' has ${length}`,
    "Traefik drops the router, and logs it",
    `add traefik.http.routers.${router.name}.service`,
  );
}

function checkEntryPoints(router: TraefikRouter, model: TraefikModel, problems: ProblemList): void {
  const { entryPoints } = model.static;
  for (const name of router.entryPoints) {
    if (entryPoints.has(name)) continue;
    // What several routers name was meant to be there: the place where the others are defined is wrong.
    const isMeant = model.routers.some((one) => one !== router && one.entryPoints.includes(name));
    const others = model.static.options.find(({ path }) => path[0]?.toLowerCase() === "entrypoints");
    problems.add(
      routerScope(router),
      (isMeant ? others?.location : undefined) ?? locationIn(router, "entrypoints"),
      `the router '${router.name}' names the entry point '${name}', which Traefik's static configuration does not define`,
      "Traefik leaves that entry point out, and logs it",
      suggest(name, entryPoints.keys(), `define the entry point '${name}' with an address`),
    );
  }
}

function checkMiddleware(router: TraefikRouter, name: string, known: KnownNames, problems: ProblemList): void {
  const wanted = qualified(name, router.provider);
  if (wanted.endsWith("@internal") || known.middlewares.has(wanted)) return;
  const part = { part: "middleware", section: "middlewares", name, provider: router.provider } as const;
  const { why, location = locationIn(router, "middlewares"), fix } = missingName(part, known);
  const what = `the router '${router.name}' names the middleware '${name}', ${why}`;
  problems.add(routerScope(router), location, what, disabled, fix);
}

function checkTlsOptions(router: TraefikRouter, known: KnownNames, problems: ProblemList): void {
  const written = router.options.get("tls.options");
  if (written === undefined || written.value === "default") return;
  const wanted = qualified(written.value, router.provider);
  if (known.tlsOptions.has(wanted)) return;
  const define = "define them under tls.options of a file of the file provider";
  const {
    why,
    location = written.location,
    fix,
  } = withoutFiles(wanted, known) ?? {
    why: "which nothing defines",
    fix: suggest(written.value, known.tlsOptions, define),
  };
  const what = `the router '${router.name}' names the TLS options '${written.value}', ${why}`;
  problems.add(routerScope(router), location, what, disabled, fix);
}

function checkCertificate(
  subject: string,
  name: string,
  written: Written<string> | undefined,
  model: TraefikModel,
  problems: ProblemList,
): void {
  if (written === undefined || written.value === "") return;
  const section = "certificatesresolvers";
  const resolvers = model.static.options.flatMap(({ path: [first, own] }) =>
    first?.toLowerCase() === section && own !== undefined ? [own] : [],
  );
  if (resolvers.some((one) => one.toLowerCase() === written.value.toLowerCase())) return;
  problems.add(
    { kind: "certificate", name },
    written.location,
    `${subject} names the certificate resolver '${written.value}', which Traefik's static configuration does not define`,
    "Traefik logs that, and serves its own default certificate, which no client trusts",
    suggest(written.value, resolvers, `define certificatesResolvers.${written.value}`),
  );
}

/** An entry point redirects to another one, by its name, or to a port (`:443`). */
function checkRedirections({ static: configuration }: TraefikModel, problems: ProblemList): void {
  const { entryPoints } = configuration;
  for (const { name, redirectTo } of entryPoints.values()) {
    const written = configuration.get(`entryPoints.${name}.http.redirections.entryPoint.to`);
    if (written === undefined || redirectTo === undefined || redirectTo === "") continue;
    if (/^:\d+$/.test(redirectTo) || entryPoints.has(redirectTo)) continue;
    const others = [...entryPoints.keys()].filter((one) => one !== name);
    problems.add(
      { kind: "redirection", name },
      written.location,
      `the entry point '${name}' redirects to the entry point '${redirectTo}', which Traefik's static configuration does not define`,
      "Traefik logs that, and redirects nothing",
      suggest(redirectTo, others, `name one of ${others.join(", ") || "its entry points"}, or a port like :443`),
    );
  }
}

function checkChains(model: TraefikModel, known: KnownNames, problems: ProblemList): void {
  for (const { name, provider, kind, options, location } of model.middlewares) {
    if (kind !== "chain") continue;
    for (const item of splitList(options.get("chain.middlewares")?.value ?? "")) {
      const wanted = qualified(item, provider);
      if (known.middlewares.has(wanted)) continue;
      const part = { part: "middleware", section: "middlewares", name: item, provider } as const;
      const { why, location: cause, fix } = missingName(part, known);
      problems.add(
        { kind: "middleware", name: `${name}@${provider}` },
        cause ?? options.get("chain.middlewares")?.location ?? location,
        `the chain '${name}' names the middleware '${item}', ${why}`,
        "Traefik disables it, and every router that uses it",
        fix,
      );
    }
  }
}
