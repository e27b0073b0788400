import type { SourceLocation } from "../../source/location.ts";
import type { YamlMap } from "../../source/yaml-tree.ts";
import { textOf } from "../loading/nodes.ts";
import { range } from "../loading/short-forms.ts";
import type { ComposeService, PublishedPort, UnfixedPort } from "../types.ts";
import type { ServiceContext } from "./service-context.ts";
import { itemsAt, textAt } from "./values.ts";

type Ports = Pick<ComposeService, "ports" | "unfixedPorts" | "expose">;

/** The ports that a service publishes on the host, and those that it opens to its networks. */
export function readPorts(service: YamlMap, within: string, { faults }: ServiceContext): Ports {
  const ports: PublishedPort[] = [];
  const unfixedPorts: UnfixedPort[] = [];
  for (const [index, item] of itemsAt(service, "ports").entries()) {
    if (item.kind !== "map") continue;
    const container = range(textAt(item, "target") ?? "");
    const published = textAt(item, "published");
    const host = published === undefined || published === "" ? undefined : range(published);
    if (container === undefined || (published !== undefined && published !== "" && host === undefined)) {
      faults.add(item.location, `${within}.ports[${index}] is not a port`, "write HOST:CONTAINER, e.g. 4000:4000");
      continue;
    }
    const port = {
      container: container.first,
      protocol: textAt(item, "protocol")?.toLowerCase() === "udp" ? ("udp" as const) : ("tcp" as const),
      address: textAt(item, "host_ip"),
      location: item.location,
    };
    if (host !== undefined && host.first === host.last && host.first > 0) ports.push({ ...port, host: host.first });
    else unfixedPorts.push({ ...port, range: host });
  }
  const expose = itemsAt(service, "expose").flatMap((item) => {
    const [numbers = "", protocol = "tcp"] = (textOf(item) ?? "").split("/");
    const open = range(numbers);
    const count = open === undefined ? 0 : open.last - open.first + 1;
    return Array.from({ length: count }, (_, step) => ({
      port: (open?.first ?? 0) + step,
      protocol: protocol === "udp" ? ("udp" as const) : ("tcp" as const),
    }));
  });
  return { ports, unfixedPorts, expose };
}

/** The services' ports of the host that another service publishes too: docker starts only one of the two. */
export function doubledHostPorts(
  services: Iterable<ComposeService>,
): { service: string; port: string; other: string; otherLine: number; location: SourceLocation }[] {
  const taken: { service: string; port: PublishedPort }[] = [];
  const doubled: { service: string; port: string; other: string; otherLine: number; location: SourceLocation }[] = [];
  for (const { key, ports } of services) {
    for (const port of ports) {
      const before = taken.find(
        (other) =>
          other.port.host === port.host &&
          other.port.protocol === port.protocol &&
          isSameAddress(other.port.address, port.address),
      );
      if (before === undefined) taken.push({ service: key, port });
      else
        doubled.push({
          service: key,
          port: `${port.host}/${port.protocol}`,
          other: before.service,
          otherLine: before.port.location.line,
          location: port.location,
        });
    }
  }
  return doubled;
}

/**
 * Whether two addresses of the host collide. One that is not given is every address; `0.0.0.0` is every IPv4 address and `::` every
 * IPv6 address, which docker publishes next to each other.
 */
function isSameAddress(one: string | undefined, other: string | undefined): boolean {
  if (!one || !other) return true;
  if (one.includes(":") !== other.includes(":")) return false;
  return one === other || [one, other].some((address) => address === "0.0.0.0" || address === "::");
}
