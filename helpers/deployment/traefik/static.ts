import type { FaultList } from "../source/fault-list.ts";
import type { SourceLocation } from "../source/location.ts";
import type { TraefikOption } from "./options.ts";
import { isTrue } from "./schema.ts";

/** Where Traefik listens. */
export interface EntryPoint {
  /** As written: routers must name it in the same case. */
  name: string;
  /** The address in front of the port; empty for every address. */
  host: string;
  /** Port in Traefik's container. */
  port: number;
  protocol: "tcp" | "udp";
  location: SourceLocation;
}

/** Traefik's static configuration, built from its options. */
export class StaticConfiguration {
  /** In the order in which they are written; of an option that is set twice, the last one counts. */
  readonly options: readonly TraefikOption[];
  /** By name, as written. */
  readonly entryPoints: ReadonlyMap<string, EntryPoint>;

  constructor(options: readonly TraefikOption[], entryPoints: ReadonlyMap<string, EntryPoint> = new Map()) {
    this.options = options;
    this.entryPoints = entryPoints;
  }

  /** The option of a name, e.g. `providers.docker.network`; Traefik ignores case. */
  get(name: string): TraefikOption | undefined {
    const wanted = name.toLowerCase();
    return this.options.findLast(({ path }) => path.join(".").toLowerCase() === wanted);
  }

  /** Whether an option of a section, or the section itself, is set. */
  has(section: string): boolean {
    const wanted = section.toLowerCase();
    return this.options.some(({ path }) => `${path.join(".")}.`.toLowerCase().startsWith(`${wanted}.`));
  }

  /** Whether a container without `traefik.enable=true` is published. */
  get exposedByDefault(): boolean {
    return this.get("providers.docker.exposedByDefault")?.value.toLowerCase() !== "false";
  }

  /** The docker network by which Traefik reaches a container that names none. */
  get dockerNetwork(): TraefikOption | undefined {
    return this.get("providers.docker.network");
  }

  /** The address of Traefik's own API, `:8080` by default; undefined where `api.insecure` is not set. */
  get insecureApi(): { host: string; port: number } | undefined {
    if (!isTrue(this.get("api.insecure")?.value ?? "false")) return undefined;
    return addressOf(this.get("entryPoints.traefik.address")?.value ?? ":8080") ?? { host: "", port: 8080 };
  }
}

/** Builds the static configuration. An option without which the suite can't run is a fault of the service. */
export function readStatic(
  options: readonly TraefikOption[],
  service: SourceLocation,
  faults: FaultList,
): StaticConfiguration {
  const entryPoints = new Map<string, EntryPoint>();
  for (const { path, value, location } of lastOfEach(options.filter(isAddress))) {
    const name = path[1] ?? "";
    const address = addressOf(value);
    if (address !== undefined) entryPoints.set(name, { name, ...address, location });
    else {
      faults.add(
        location,
        `the entry point '${name}' listens on '${value}', which names no port`,
        "write an address like :80",
      );
    }
  }
  if (entryPoints.size === 0) {
    faults.add(
      service,
      "Traefik's command defines no entry point",
      "add --entryPoints.web.address=:80 to its command: the suite reads Traefik's static options from there only",
    );
  }
  const configuration = new StaticConfiguration(options, entryPoints);
  if (!configuration.has("providers.docker")) {
    faults.add(
      service,
      "Traefik's docker provider is not on",
      "add --providers.docker=true to its command: the suite reads routers from labels",
    );
  }
  return configuration;
}

function isAddress({ path }: TraefikOption): boolean {
  return path.length === 3 && path[0] === "entrypoints" && path[2] === "address";
}

/** Names of entry points that differ in case are one to Traefik. */
function lastOfEach(options: readonly TraefikOption[]): TraefikOption[] {
  return [...new Map(options.map((option) => [option.path.join(".").toLowerCase(), option])).values()];
}

function addressOf(text: string): Pick<EntryPoint, "host" | "port" | "protocol"> | undefined {
  const match = /^(.*):(\d+)(?:\/(tcp|udp))?$/i.exec(text);
  if (match === null) return undefined;
  const [, host = "", port, protocol] = match;
  return { host, port: Number(port), protocol: protocol?.toLowerCase() === "udp" ? "udp" : "tcp" };
}
