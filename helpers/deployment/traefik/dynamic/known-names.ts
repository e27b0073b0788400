import { nearest } from "../../../core/text/nearest.ts";
import type { TraefikModel } from "../model.ts";
import { normalize } from "../template/functions.ts";
import type { DynamicConfiguration, ProviderName } from "./dynamic.ts";
import type { MissingFiles } from "./missing-files.ts";

/** The names that routers and chains may use, each with its provider: `ui@docker`. */
export interface KnownNames {
  middlewares: ReadonlySet<string>;
  services: ReadonlySet<string>;
  internalServices: readonly string[];
  tlsOptions: ReadonlySet<string>;
  /** Those of sources that Traefik refuses or ignores. */
  dropped: { middlewares: ReadonlySet<string>; services: ReadonlySet<string> };
  /** Why no name of the file provider is known; undefined where its files are read. */
  missingFiles: MissingFiles | undefined;
}

/** Traefik's own services, and the static section without which each is missing. */
const internalServices: readonly (readonly [string, string | undefined])[] = [
  ["noop@internal", undefined],
  ["api@internal", "api"],
  ["dashboard@internal", "api"],
  ["ping@internal", "ping"],
  ["prometheus@internal", "metrics.prometheus"],
  ["rest@internal", "providers.rest"],
  ["acme-http@internal", "certificatesResolvers"],
];

/** A name with its provider: that of who names it, where it has none. */
export function qualified(name: string, provider: ProviderName): string {
  return name.includes("@") ? name : `${name}@${provider}`;
}

/** The names that the configuration defines. */
export function knownNames(model: TraefikModel): KnownNames {
  const sources = [
    ...model.containers.map(({ configuration, isLive, provider, service }) => ({
      provider,
      configuration,
      isLive,
      own: normalize(`${service.name}_${service.project}`),
    })),
    ...(model.files === undefined
      ? []
      : [
          {
            provider: "file" as const,
            configuration: model.files.configuration,
            isLive: !model.files.areRefused,
            own: undefined,
          },
        ]),
  ];
  const names = (
    isLive: boolean,
    parts: (configuration: DynamicConfiguration) => readonly string[],
    unnamed = false,
  ): string[] =>
    sources.flatMap((source) => {
      if (source.isLive !== isLive) return [];
      const own = parts(source.configuration);
      const all = own.length === 0 && unnamed && source.own !== undefined ? [source.own] : own;
      return all.map((name) => `${name}@${source.provider}`);
    });
  const middlewares = ({ middlewares: own }: DynamicConfiguration): string[] => own.map(({ name }) => name);
  const services = ({ services: own }: DynamicConfiguration): string[] => own.map(({ name }) => name);
  // What a template that the suite can't render names is not missing.
  const lines = (model.files?.files ?? []).flatMap((file) => file.names);
  const unread = (section: string): string[] =>
    lines.flatMap((line) => (line.section === section ? [`${line.name}@file`] : []));
  const internal = internalServices.flatMap(([name, section]) =>
    section === undefined || model.static.has(section) ? [name] : [],
  );
  return {
    middlewares: new Set([...names(true, middlewares), ...unread("middlewares")]),
    services: new Set([...names(true, services, true), ...unread("services"), ...internal]),
    internalServices: internal,
    tlsOptions: new Set(names(true, ({ tlsOptions }) => tlsOptions)),
    missingFiles: model.files?.missing,
    dropped: { middlewares: new Set(names(false, middlewares)), services: new Set(names(false, services)) },
  };
}

/** What to do about a name that nothing defines: write a similar one, or the same one of another provider. */
export function fixMissing(name: string, provider: ProviderName, known: ReadonlySet<string>, part: string): string {
  const similar = similarName(name, provider, known);
  return similar === undefined ? `define the ${part}, or remove the name` : `write '${similar}'`;
}

/** A known name that may be meant by one that nothing defines: the same one of another provider, or a similar one. */
export function similarName(name: string, provider: ProviderName, known: ReadonlySet<string>): string | undefined {
  const elsewhere = [...known].find((one) => one.startsWith(`${name}@`));
  const own = [...known].map((one) => (one.endsWith(`@${provider}`) ? one.slice(0, one.lastIndexOf("@")) : one));
  return elsewhere ?? nearest(name, own);
}
