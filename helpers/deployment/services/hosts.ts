import { isIP } from "node:net";
import { publishedTo } from "../compose/host-address.ts";
import type { ComposeFile, ComposeService } from "../compose/types.ts";

/**
 * The names by which a container finds a service on every network that they share: its own, its container's (`container_name`,
 * or as compose derives it), and its `hostname`, of which the engine makes an alias.
 */
export function ownNamesOf({ name, project, containerName, settings }: ComposeService): string[] {
  const hostname = settings.get("hostname")?.value;
  return [
    ...new Set([
      name,
      containerName?.value ?? `${project}-${name}-1`,
      ...(typeof hostname === "string" ? [hostname] : []),
    ]),
  ];
}

/** The names by which other services find a service by their `links`. */
export function linkedNamesOf({ services }: ComposeFile, { key }: ComposeService): string[] {
  const linked = [...services.values()].flatMap(({ links }) =>
    [...links].flatMap(([alias, other]) => (other === key ? alias : [])),
  );
  return [...new Set(linked)];
}

/** Every name by which a container of the service's networks finds it. */
export function namesOf(service: ComposeService): string[] {
  return [...ownNamesOf(service), ...[...service.networks.values()].flat()];
}

/**
 * The service that a container finds under a host name.
 *
 * @param from the service that asks: of several with that name, one on a network of its own is meant
 */
export function serviceAt(compose: ComposeFile, host: string, from?: ComposeService): ComposeService | undefined {
  const linked = from?.links.get(host);
  if (linked !== undefined) return compose.services.get(linked);
  const named = [...compose.services.values()].filter((service) => namesOf(service).includes(host));
  const networks = from === undefined ? [] : [...from.networks.keys()];
  return named.find((service) => networks.some((network) => service.networks.has(network))) ?? named[0];
}

/** The host and port of an address such as `http://name:8000/mcp` or `redis://:password@name:6379`; undefined for any other text. */
export function addressIn(text: string): { host: string; port: number | undefined } | undefined {
  if (!URL.canParse(text)) return undefined;
  const { hostname, port, protocol } = new URL(text);
  if (hostname === "") return undefined;
  const byScheme: Readonly<Record<string, number>> = {
    "http:": 80,
    "https:": 443,
    "postgresql:": 5432,
    "postgres:": 5432,
    "redis:": 6379,
    "rediss:": 6379,
  };
  return { host: hostname, port: port === "" ? byScheme[protocol] : Number(port) };
}

/** The names that a service has addresses for by its own `extra_hosts`. */
export function extraHosts({ settings }: ComposeService): string[] {
  const written = settings.get("extra_hosts")?.value;
  return Array.isArray(written) ? written.flatMap((one) => String(one).split(/[:=]/)[0] ?? []) : [];
}

/** Whether a name is one that no public DNS has. */
export function isInternalName(name: string): boolean {
  return !name.includes(".") || /\.(?:lan|local|localhost|internal|intranet|home|home\.arpa|private|corp)$/.test(name);
}

/** Whether the host of an address is on the internet, as far as its name or its IP address shows. */
export function isOnTheInternet(host: string): boolean {
  const address = host.replace(/^\[(.*)\]$/, "$1");
  return isIP(address) === 0 ? !isInternalName(host) : publishedTo(address) === "outside";
}
