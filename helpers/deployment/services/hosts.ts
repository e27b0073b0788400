import type { ComposeFile, ComposeService } from "../compose/types.ts";

/** Every name by which a container of the service's networks finds it: its name, `container_name` and aliases. */
function namesOf(service: ComposeService): string[] {
  const aliases = [...service.networks.values()].flat();
  const own = service.containerName === undefined ? [] : [service.containerName.value];
  return [...new Set([service.name, ...own, ...aliases])];
}

/**
 * The service that a container finds under a host name.
 *
 * @param from the service that asks: of several with that name, one on a network of its own is meant
 */
export function serviceAt(compose: ComposeFile, host: string, from?: ComposeService): ComposeService | undefined {
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
  };
  return { host: hostname, port: port === "" ? byScheme[protocol] : Number(port) };
}
