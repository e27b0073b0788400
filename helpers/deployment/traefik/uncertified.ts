import type { PolicyHost } from "../policy/types.ts";
import type { NoteList } from "../source/note-list.ts";
import type { TraefikRouter } from "./dynamic/dynamic.ts";
import type { TraefikModel } from "./model.ts";
import type { TraefikOption } from "./options.ts";
import { splitList } from "./schema.ts";

/** The providers whose configuration is among the deployment's files. */
const knownProviders = ["docker", "swarm", "file"];

/**
 * Notes the policy's hosts over HTTPS for which none of Traefik's certificate resolvers gets a certificate, and no file gives it one.
 * Traefik then serves its default certificate, which it signs itself. Without a note where Traefik has no resolver, because a proxy
 * in front of it may end TLS, and where a certificate may come from what the suite can't read.
 */
export function noteUncertified(hosts: readonly PolicyHost[], model: TraefikModel, notes: NoteList): void {
  if (!model.static.has("certificatesResolvers") || mayHaveOwn(model)) return;
  const certified = model.routers.flatMap((router) => certifiedNames(router, model));
  const missing = hosts
    .filter(({ name, scheme }) => scheme === "https" && !isLocal(name) && !isCertified(name, certified))
    .flatMap(({ name }) => {
      const router = model.routers.find((one) => namesIn(one).includes(name.toLowerCase()) && tlsOf(one, model));
      return router === undefined ? [] : { name, router };
    });
  const [first] = missing;
  if (first === undefined) return;
  const names = [...new Set(missing.map(({ name }) => name))].join(", ");
  const skipped = skippedResolver(first.router, model);
  notes.add(
    "finding",
    skipped?.location ?? first.router.location,
    `the router '${first.router.name}' has TLS, and nothing gives Traefik a certificate for ${names}`,
    skipped === undefined
      ? "Traefik serves its default certificate, which it signs itself: clients that verify certificates (browsers, Codex, the SDKs) refuse it"
      : `the router has TLS options of its own, so that Traefik ignores the resolver '${skipped.resolver}' of its entry point, and serves its default certificate, which clients refuse`,
    "name a certificate resolver (tls.certresolver) on the router, or a certificate under tls.certificates of a file of the file provider",
    "advice",
  );
}

/** Whether a certificate may come from what the suite can't judge: a file of the operator's, a store, another provider. */
function mayHaveOwn({ static: configuration, files, dynamicOptions }: TraefikModel): boolean {
  const providers = configuration.options.flatMap(({ path: [root, name] }) =>
    root?.toLowerCase() === "providers" ? (name?.toLowerCase() ?? []) : [],
  );
  if (providers.some((name) => !knownProviders.includes(name))) return true;
  if (dynamicOptions.some(({ path: [root, section] }) => root === "tls" && section?.toLowerCase() !== "options"))
    return true;
  if (files === undefined) return false;
  const isUnread = files.files.some(({ rendered, standIn }) => rendered === undefined || standIn !== undefined);
  return files.areRefused || files.files.length === 0 || isUnread;
}

/** A name that nobody gets a certificate for, on purpose: the machine itself, or an address. */
function isLocal(name: string): boolean {
  return /(?:^|\.)localhost$|^[\d.]+$|:/.test(name);
}

/** A certificate for `*.example.org` is one for `chat.example.org`, not for `example.org`. */
function isCertified(name: string, certified: readonly string[]): boolean {
  const wanted = name.toLowerCase();
  return certified.includes(wanted) || certified.includes(wanted.replace(/^[^.]*/, "*"));
}

/** The names for which the resolver of a router gets certificates: its domains, else the hosts of its rule. */
function certifiedNames(router: TraefikRouter, model: TraefikModel): string[] {
  return tlsSources(router, model).flatMap((options) => {
    if (![...options].some(([key, { value }]) => key === "tls.certresolver" && value !== "")) return [];
    const domains = [...options].flatMap(([key, { value }]) =>
      /^tls\.domains.*(?:main|sans)/.test(key) ? splitList(value.toLowerCase()) : [],
    );
    return domains.length > 0 ? domains : namesIn(router);
  });
}

/** Whether clients speak HTTPS to a router. */
function tlsOf(router: TraefikRouter, model: TraefikModel): boolean {
  return tlsSources(router, model).length > 0;
}

/**
 * The TLS options by which Traefik serves a router: its own, or those of its entry points; a router's own replace them as a whole.
 * Source: Traefik's documentation of entry points, `http.tls`.
 */
function tlsSources(router: TraefikRouter, model: TraefikModel): ReadonlyMap<string, TraefikOption>[] {
  return router.tls
    ? [router.options]
    : model.entryPointsOf(router).flatMap((name) => tlsOfEntryPoint(name, model) ?? []);
}

/** An entry point's options of TLS, named as a router's. */
function tlsOfEntryPoint(
  name: string,
  { static: configuration }: TraefikModel,
): Map<string, TraefikOption> | undefined {
  if (configuration.entryPoints.get(name)?.tls !== true) return undefined;
  const prefix = `entrypoints.${name}.http.`.toLowerCase();
  return new Map(
    configuration.options.flatMap((option) => {
      const key = option.path.join(".").toLowerCase();
      return key.startsWith(`${prefix}tls.`) ? [[key.slice(prefix.length), option] as const] : [];
    }),
  );
}

/** The resolver of an entry point that a router does not get, because it has TLS options of its own. */
function skippedResolver(
  router: TraefikRouter,
  model: TraefikModel,
): (Pick<TraefikOption, "location"> & { resolver: string }) | undefined {
  if (!router.tls || router.options.get("tls.certresolver") !== undefined) return undefined;
  const [resolver] = model
    .entryPointsOf(router)
    .flatMap((name) => tlsOfEntryPoint(name, model)?.get("tls.certresolver")?.value ?? []);
  const [own] = [...router.options].flatMap(([key, option]) => (/^tls(?:\.|$)/.test(key) ? option : []));
  return resolver === undefined || own === undefined ? undefined : { resolver, location: own.location };
}

/** The hosts of a router's rule, in lower case; also of a rule in version 2's syntax. */
function namesIn({ ruleText }: TraefikRouter): string[] {
  return [...ruleText.matchAll(/\bHost\(([^)]*)\)/g)].flatMap(([, values = ""]) =>
    [...values.matchAll(/[`"]([^`"]+)[`"]/g)].map(([, name = ""]) => name.toLowerCase()),
  );
}
