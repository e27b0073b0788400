import type { FaultList } from "../../source/fault-list.ts";
import type { SourceLocation } from "../../source/location.ts";
import type { ContainerFile } from "../container-files.ts";
import type { TraefikOption } from "../options.ts";
import { isTrue, splitList } from "../schema.ts";

/** Where the static configuration is read from; Traefik takes one source only. */
export type StaticSource = { kind: "file"; file: ContainerFile } | { kind: "flags" } | { kind: "environment" };

/** Where Traefik listens. */
export interface EntryPoint {
  /** As written: routers must name it in the same case. */
  name: string;
  /** The address in front of the port; empty for every address. */
  host: string;
  /** Port in Traefik's container. */
  port: number;
  protocol: "tcp" | "udp";
  /** Whether routers without entry points are on it, by its own `asDefault`. */
  asDefault: boolean;
  /** Whether its routers get TLS by the entry point. */
  tls: boolean;
  /** The middlewares that run before those of its routers, as written. */
  middlewares: readonly string[];
  /** The entry point or the port (`:443`) that everything is redirected to; undefined without a redirection. */
  redirectTo: string | undefined;
  location: SourceLocation;
}

/** The provider of containers' labels: what Traefik's `docker` and `swarm` providers have in common. */
export interface LabelProvider {
  name: "docker" | "swarm";
  /** Whose labels it reads: a container's own, or those under `deploy:`, as docker's provider of version 2 does in its Swarm mode. */
  labels: "container" | "deploy";
  /** Whether a container without `traefik.enable=true` is published. */
  exposedByDefault: boolean;
  /** The network by which Traefik reaches a container that names none. */
  network: TraefikOption | undefined;
  /** The rule's template of a router without a rule. */
  defaultRule: string;
}

/** The provider of files. */
export interface FileProviderOptions {
  /** Paths in Traefik's container. A directory is preferred to a file. */
  directory: TraefikOption | undefined;
  filename: TraefikOption | undefined;
}

/** Traefik's entry point for what it answers itself: the API, the dashboard, pings. */
const internalEntryPoint = "traefik";

/** Traefik's static configuration, built from its options. */
export class StaticConfiguration {
  readonly source: StaticSource;
  /** In the order in which they are written; of an option that is set twice, the last one counts. */
  readonly options: readonly TraefikOption[];
  /** By name, as written. Those that Traefik makes by itself are among them, at the service's location. */
  readonly entryPoints: ReadonlyMap<string, EntryPoint>;
  readonly #ruleSyntax: "v2" | "v3";

  constructor(
    options: readonly TraefikOption[],
    entryPoints: ReadonlyMap<string, EntryPoint> = new Map(),
    source: StaticSource = { kind: "flags" },
    ruleSyntax: "v2" | "v3" = "v3",
  ) {
    this.options = options;
    this.entryPoints = entryPoints;
    this.source = source;
    this.#ruleSyntax = ruleSyntax;
  }

  /** The syntax of a rule that does not say its own: version 2's where it is asked for, or where that version runs. */
  get ruleSyntax(): "v2" | "v3" {
    return this.get("core.defaultRuleSyntax")?.value.toLowerCase() === "v2" ? "v2" : this.#ruleSyntax;
  }

  /** The option of a name, e.g. `providers.docker.network`; Traefik ignores case. */
  get(name: string): TraefikOption | undefined {
    const wanted = name.toLowerCase();
    return this.options.findLast(({ path }) => path.join(".").toLowerCase() === wanted);
  }

  /** Whether an option of a section, or the section itself, is set. */
  has(section: string): boolean {
    const wanted = section.toLowerCase();
    const own = this.options.filter(({ path }) => `${path.join(".")}.`.toLowerCase().startsWith(`${wanted}.`));
    // A section that is switched off is not there: `--api=false`.
    return own.some(({ path, value }) => path.join(".").toLowerCase() !== wanted || value.toLowerCase() !== "false");
  }

  /** The providers of containers' labels that are on. */
  get labelProviders(): readonly LabelProvider[] {
    return (["docker", "swarm"] as const).flatMap((name) => {
      if (!this.has(`providers.${name}`)) return [];
      const get = (option: string): TraefikOption | undefined => this.get(`providers.${name}.${option}`);
      const isSwarm = name === "swarm" || isTrue(get("swarmMode")?.value ?? "false");
      return {
        name,
        labels: isSwarm ? "deploy" : "container",
        exposedByDefault: !/^(?:0|f|false)$/i.test(get("exposedByDefault")?.value ?? "true"),
        network: get("network"),
        defaultRule: get("defaultRule")?.value ?? "Host(`{{ normalize .Name }}`)",
      };
    });
  }

  /** The provider of files; undefined where it is off. */
  get fileProvider(): FileProviderOptions | undefined {
    if (!this.has("providers.file")) return undefined;
    const set = (option: TraefikOption | undefined): TraefikOption | undefined =>
      option?.value === "" ? undefined : option;
    return {
      directory: set(this.get("providers.file.directory")),
      filename: set(this.get("providers.file.filename")),
    };
  }

  /** The entry points of a router that names none: those with `asDefault`, else all but Traefik's own. */
  get defaultEntryPoints(): readonly string[] {
    const tcp = [...this.entryPoints.values()].filter(({ protocol }) => protocol === "tcp");
    const chosen = tcp.filter(({ asDefault }) => asDefault);
    return (chosen.length > 0 ? chosen : tcp.filter(({ name }) => name !== internalEntryPoint)).map(({ name }) => name);
  }

  /** The address of Traefik's own API, `:8080` by default; undefined where `api.insecure` is not set. */
  get insecureApi(): { host: string; port: number } | undefined {
    if (!isTrue(this.get("api.insecure")?.value ?? "false")) return undefined;
    return addressOf(this.get("entryPoints.traefik.address")?.value ?? ":8080") ?? { host: "", port: 8080 };
  }
}

/**
 * Builds the static configuration. An address that Traefik can't listen on is a fault.
 *
 * @param at the location of Traefik's service, for what Traefik makes by itself
 */
export function buildStatic(
  options: readonly TraefikOption[],
  source: StaticSource,
  { service, faults, ruleSyntax }: { service: SourceLocation; faults: FaultList; ruleSyntax?: "v2" | "v3" },
): StaticConfiguration {
  const entryPoints = new Map<string, EntryPoint>();
  const named = new StaticConfiguration(options);
  for (const { path, value, location } of lastOfEach(options.filter(isAddress))) {
    const name = path[1] ?? "";
    const address = addressOf(value);
    if (address !== undefined) entryPoints.set(name, { ...entryPointOf(named, name), ...address, location });
    else {
      faults.add(
        location,
        `the entry point '${name}' listens on '${value}', which names no port`,
        "write an address like :80",
      );
    }
  }
  const make = (name: string, port: number): void => {
    entryPoints.set(name, { ...entryPointOf(named, name), host: "", port, protocol: "tcp", location: service });
  };
  const isNamed = options.some(
    ({ path }) => path[0] === "entrypoints" && path[1]?.toLowerCase() !== internalEntryPoint,
  );
  if (!isNamed) make("http", 80);
  if (!entryPoints.has(internalEntryPoint) && usesInternalEntryPoint(named)) make(internalEntryPoint, 8080);
  return new StaticConfiguration(options, entryPoints, source, ruleSyntax);
}

/** Whether Traefik makes its own entry point (pkg/config/static/static_config.go, SetEffectiveConfiguration). */
function usesInternalEntryPoint(configuration: StaticConfiguration): boolean {
  const answersThere = (section: string): boolean =>
    configuration.has(section) &&
    (configuration.get(`${section}.entryPoint`)?.value ?? internalEntryPoint) === internalEntryPoint &&
    !isTrue(configuration.get(`${section}.manualRouting`)?.value ?? "false");
  return (
    configuration.insecureApi !== undefined ||
    answersThere("ping") ||
    answersThere("metrics.prometheus") ||
    isTrue(configuration.get("providers.rest.insecure")?.value ?? "false")
  );
}

type AddressedPart = "host" | "port" | "protocol";

function entryPointOf(configuration: StaticConfiguration, name: string): Omit<EntryPoint, AddressedPart | "location"> {
  const get = (option: string): string | undefined => configuration.get(`entryPoints.${name}.${option}`)?.value;
  return {
    name,
    asDefault: isTrue(get("asDefault") ?? "false"),
    tls: configuration.has(`entryPoints.${name}.http.tls`),
    middlewares: splitList(get("http.middlewares") ?? ""),
    redirectTo: get("http.redirections.entryPoint.to"),
  };
}

function isAddress({ path }: TraefikOption): boolean {
  return path.length === 3 && path[0] === "entrypoints" && path[2] === "address";
}

/** Names of entry points that differ in case are one to Traefik. */
function lastOfEach(options: readonly TraefikOption[]): TraefikOption[] {
  return [...new Map(options.map((option) => [option.path.join(".").toLowerCase(), option])).values()];
}

function addressOf(text: string): Pick<EntryPoint, AddressedPart> | undefined {
  const match = /^(.*):(\d+)(?:\/(tcp|udp))?$/i.exec(text);
  if (match === null) return undefined;
  const [, host = "", port, protocol] = match;
  return { host, port: Number(port), protocol: protocol?.toLowerCase() === "udp" ? "udp" : "tcp" };
}
