import { suggest } from "../../core/text/nearest.ts";
import type { FaultList } from "../source/fault-list.ts";
import type { SourceLocation, Written } from "../types.ts";

/** Where Traefik listens. */
export interface EntryPoint {
  /** As written: routers must name it in the same case. */
  name: string;
  /** Port in Traefik's container. */
  port: number;
  location: SourceLocation;
}

/** What Traefik's command line says. */
export interface TraefikCommand {
  entryPoints: ReadonlyMap<string, EntryPoint>;
  /** Whether a container without `traefik.enable=true` is published. */
  exposedByDefault: boolean;
  dockerProvider: boolean;
  /** Docker network that the provider uses where a container names none. */
  network: Written<string> | undefined;
}

/** Traefik's static options. Source: traefik v3.5, pkg/config/static/static_config.go. */
const sections = [
  "accesslog",
  "api",
  "certificatesresolvers",
  "configfile",
  "core",
  "entrypoints",
  "experimental",
  "global",
  "hostresolver",
  "log",
  "metrics",
  "ocsp",
  "ping",
  "providers",
  "serverstransport",
  "spiffe",
  "tcpserverstransport",
  "tracing",
];

/** Options of an entry point. Source: traefik v3.5 and v3.7, pkg/config/static/entrypoints.go. */
const entryPointOptions = [
  "address",
  "allowacmebypass",
  "asdefault",
  "forwardedheaders",
  "http",
  "http2",
  "http3",
  "observability",
  "proxyprotocol",
  "reuseport",
  "transport",
  "udp",
];

const providers = [
  "docker",
  "swarm",
  "file",
  "providersthrottleduration",
  "precedence",
  "kubernetesingress",
  "kubernetescrd",
  "kubernetesgateway",
  "rest",
  "consulcatalog",
  "nomad",
  "ecs",
  "consul",
  "etcd",
  "zookeeper",
  "redis",
  "http",
  "plugin",
];

/** Reads the flags of the traefik service; names are matched without regard to case, as Traefik does. */
export function parseTraefikCommand(
  command: readonly Written<string>[],
  service: SourceLocation,
  faults: FaultList,
): TraefikCommand {
  const flags = readFlags(command, faults);
  const addresses = new Map<string, { name: string; flag: Written<string> }>();
  for (const { path, value, location } of flags) {
    checkFlag(path, location, faults);
    const [section, name, option] = path;
    if (section?.toLowerCase() === "entrypoints" && name !== undefined && option?.toLowerCase() === "address") {
      addresses.set(name.toLowerCase(), { name, flag: { value, location } });
    }
  }
  const entryPoints = new Map<string, EntryPoint>();
  for (const { name, flag } of addresses.values()) {
    const port = /:(\d+)(?:\/(?:tcp|udp))?$/i.exec(flag.value)?.[1];
    if (port === undefined)
      faults.add(
        flag.location,
        `the entry point '${name}' listens on '${flag.value}', which names no port`,
        "write an address like :80",
      );
    else entryPoints.set(name, { name, port: Number(port), location: flag.location });
  }
  if (entryPoints.size === 0) {
    faults.add(
      service,
      "Traefik's command defines no entry point",
      "add --entryPoints.web.address=:80 to its command: the suite reads Traefik's static options there and nowhere else",
    );
  }
  const option = (name: string): Written<string> | undefined => {
    const flag = flags.findLast(({ path }) => path.join(".").toLowerCase() === name);
    return flag === undefined ? undefined : { value: flag.value, location: flag.location };
  };
  const docker = flags.some(({ path }) => path.join(".").toLowerCase().startsWith("providers.docker"));
  if (!docker)
    faults.add(
      service,
      "Traefik's docker provider is not on",
      "add --providers.docker=true to its command: the suite reads routers from labels",
    );
  return {
    entryPoints,
    exposedByDefault: option("providers.docker.exposedbydefault")?.value.toLowerCase() !== "false",
    dockerProvider: docker,
    network: option("providers.docker.network"),
  };
}

interface Flag extends Written<string> {
  path: readonly string[];
}

function readFlags(command: readonly Written<string>[], faults: FaultList): Flag[] {
  const flags: Flag[] = [];
  const words = command[0]?.value === "traefik" ? command.slice(1) : command;
  for (let at = 0; at < words.length; at++) {
    const word = words[at];
    if (word === undefined) break;
    const flag = /^--?([^-=][^=]*)(?:=([\s\S]*))?$/.exec(word.value);
    if (flag === null) {
      faults.add(
        word.location,
        `'${word.value}' is no option of Traefik: it reads none behind it either`,
        "write it as --name=value",
      );
      break;
    }
    let value = flag[2];
    const following = words[at + 1];
    if (value === undefined && following !== undefined && !following.value.startsWith("-")) {
      value = following.value;
      at++;
    }
    flags.push({ path: (flag[1] ?? "").split("."), value: value ?? "true", location: word.location });
  }
  return flags;
}

function checkFlag(path: readonly string[], location: SourceLocation, faults: FaultList): void {
  const [section = "", name, option] = path.map((step) => step.toLowerCase());
  const flag = `--${path.join(".")}`;
  if (!sections.includes(section)) {
    faults.add(
      location,
      `unknown option '${flag}' of Traefik`,
      suggest(section, sections, "remove it: Traefik would not start"),
    );
  } else if (section === "configfile") {
    faults.add(location, `'${flag}' is not supported`, "write the static options into the command");
  } else if (section === "entrypoints" && option !== undefined && !entryPointOptions.includes(option)) {
    faults.add(
      location,
      `unknown option '${flag}' of Traefik`,
      suggest(option, entryPointOptions, `use one of ${entryPointOptions.join(", ")}`),
    );
  } else if (section === "providers" && name !== undefined && !providers.includes(name)) {
    faults.add(
      location,
      `unknown option '${flag}' of Traefik`,
      suggest(name, providers, "remove it: Traefik would not start"),
    );
  } else if (section === "providers" && name === "file") {
    faults.add(
      location,
      `'${flag}' is not supported: the suite reads routers from labels`,
      "move the routers and middlewares of the file into labels",
    );
  }
}
