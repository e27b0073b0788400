import type { ComposeService } from "../compose/types.ts";
import type { SourceLocation } from "../source/location.ts";
import type { DynamicConfiguration, ProviderName, TraefikMiddleware, TraefikRouter } from "./dynamic/dynamic.ts";
import type { ReadFiles } from "./dynamic/file-provider.ts";
import type { TraefikOption } from "./options.ts";
import { placeholdersIn, type TraefikPlaceholder } from "./placeholders.ts";
import type { TraefikProblem } from "./problems.ts";
import type { StaticConfiguration } from "./static/static.ts";

/** A container and what its labels configure. */
export interface LabelledContainer {
  service: ComposeService;
  /** Whose labels they are: a container's own, or those under `deploy:`, which Swarm has. */
  provider: "docker" | "swarm";
  options: readonly TraefikOption[];
  configuration: DynamicConfiguration;
  /** Names that its labels use, also in labels that Traefik refuses. */
  names: Readonly<Record<"routers" | "middlewares" | "services", ReadonlySet<string>>>;
  /** Whether Traefik takes the labels: it does not where it refuses or ignores the container. */
  isLive: boolean;
}

/** What the file provider's files configure. */
export interface FileProvider extends ReadFiles {
  configuration: DynamicConfiguration;
}

/**
 * Traefik's configuration as one model, whatever source an option comes from. Every option has its location; loader,
 * rendering, failure locations and mutation read it.
 */
export class TraefikModel {
  readonly static: StaticConfiguration;
  /** The containers with labels of Traefik's, by the providers that are on. */
  readonly containers: readonly LabelledContainer[];
  /** Undefined where the file provider is off. */
  readonly files: FileProvider | undefined;
  /** The routers that Traefik loads; it may disable some of them. */
  readonly routers: readonly TraefikRouter[];
  /** The routers of sources that Traefik refuses or ignores. */
  readonly droppedRouters: readonly TraefikRouter[];
  /** The middlewares that Traefik loads. */
  readonly middlewares: readonly TraefikMiddleware[];
  /** What Traefik refuses, drops or ignores in the dynamic configuration. */
  readonly problems: readonly TraefikProblem[];

  constructor(
    configuration: StaticConfiguration,
    { containers, files }: { containers: readonly LabelledContainer[]; files: FileProvider | undefined },
    problems: readonly TraefikProblem[],
  ) {
    this.static = configuration;
    this.containers = containers;
    this.files = files;
    this.problems = problems;
    const sources = [
      // A container that the operator switches off is not missing.
      ...containers.flatMap(({ isLive, configuration: own }) => (own.enable?.value === false ? [] : [{ isLive, own }])),
      ...(files === undefined ? [] : [{ isLive: !files.areRefused, own: files.configuration }]),
    ];
    this.routers = sources.flatMap(({ isLive, own }) => (isLive ? own.routers : []));
    this.droppedRouters = sources.flatMap(({ isLive, own }) => (isLive ? [] : own.routers));
    this.middlewares = sources.flatMap(({ isLive, own }) => (isLive ? own.middlewares : []));
  }

  /** The names of the entry points on which Traefik has a router: its own, else the default ones. */
  entryPointsOf({ entryPoints }: Pick<TraefikRouter, "entryPoints">): readonly string[] {
    return entryPoints.length > 0 ? entryPoints : this.static.defaultEntryPoints;
  }

  /** The dynamic options of every container, in the order of the compose files. */
  get labels(): readonly TraefikOption[] {
    return this.containers.flatMap(({ options }) => options);
  }

  /** The dynamic options of every source. */
  get dynamicOptions(): readonly TraefikOption[] {
    return [...this.labels, ...(this.files?.options ?? [])];
  }

  /** The texts of every source, static ones too, that the operator is to replace. */
  get placeholders(): readonly TraefikPlaceholder[] {
    return placeholdersIn([...this.static.options, ...this.dynamicOptions]);
  }

  /** The providers that are on, e.g. `docker` and `file`. */
  get providers(): readonly ProviderName[] {
    const { labelProviders } = this.static;
    return [...labelProviders.map(({ name }) => name), ...(this.files === undefined ? [] : (["file"] as const))];
  }

  /**
   * The router of a name in Traefik's API, e.g. `litellm-public@docker`, `api@file`. An entry point with defaults of its own
   * may prefix its name: `websecure-litellm@docker`.
   */
  routerOf(liveName: string): TraefikRouter | undefined {
    const { name: live, provider } = splitName(liveName);
    const all = [...this.routers, ...this.droppedRouters].filter(
      (router) => provider === undefined || router.provider === provider,
    );
    const exact = all.find(({ name }) => live === name.toLowerCase());
    if (exact !== undefined) return exact;
    return all
      .filter(({ name }) => live.endsWith(`-${name.toLowerCase()}`))
      .toSorted((one, other) => other.name.length - one.name.length)[0];
  }

  /**
   * The middleware of a name in Traefik's API or in a router, e.g. `litellm-challenge@docker`.
   *
   * @param provider of a name without one: the provider of who names it
   */
  middlewareOf(liveName: string, provider?: ProviderName): TraefikMiddleware | undefined {
    const { name: live, provider: own = provider } = splitName(liveName);
    return this.middlewares.find(
      (middleware) => live === middleware.name.toLowerCase() && (own === undefined || middleware.provider === own),
    );
  }

  /** Where a router is written whose file could not be read as a whole, e.g. a template; undefined elsewhere. */
  lineNaming(section: "routers" | "middlewares" | "services", liveName: string): SourceLocation | undefined {
    const { name: live } = splitName(liveName);
    const names = (this.files?.files ?? []).flatMap(({ names: own }) => own.filter((one) => one.section === section));
    return names.find(({ name }) => name.toLowerCase() === live)?.location;
  }
}

/** The parts of a name in Traefik's API; the name in lower case. */
function splitName(liveName: string): { name: string; provider: string | undefined } {
  const at = liveName.lastIndexOf("@");
  if (at === -1) return { name: liveName.toLowerCase(), provider: undefined };
  return { name: liveName.slice(0, at).toLowerCase(), provider: liveName.slice(at + 1) };
}
