import type { FaultList } from "../source/fault-list.ts";
import type { SourceLocation } from "../source/location.ts";
import { locationOf, type YamlMap } from "../source/yaml-tree.ts";
import type { ServiceData } from "./compose-shape.ts";
import type { ComposeService, PublishedPort } from "./types.ts";

/** The published ports of a service. */
export function readPorts(node: YamlMap, data: ServiceData, within: string, faults: FaultList): PublishedPort[] {
  const ports: PublishedPort[] = [];
  for (const [index, entry] of (data.ports ?? []).entries()) {
    const location = locationOf(node, ["ports", index]);
    const name = `${within}.ports[${index}]`;
    if (typeof entry === "object") {
      ports.push({
        host: Number(entry.published),
        container: Number(entry.target),
        protocol: entry.protocol ?? "tcp",
        location,
      });
      continue;
    }
    const parts = /^(?:(?:\[[^\]]*\]|\d+(?:\.\d+){3}):)?(?:(\d+):)?(\d+)(?:\/(tcp|udp))?$/.exec(String(entry));
    if (parts === null) {
      const range = /\d-\d/.test(String(entry));
      faults.add(
        location,
        `${name} is '${entry}', ${range ? "a range of ports" : "not a port"}`,
        range ? "write one port a line" : "write HOST:CONTAINER, e.g. 4000:4000",
      );
      continue;
    }
    const [, host, container, protocol] = parts;
    if (host === undefined) {
      faults.add(
        location,
        `${name} publishes ${container} on a host port that docker picks anew at each start`,
        `write ${container}:${container}, or remove it`,
      );
      continue;
    }
    if (Number(host) > 65535 || Number(container) > 65535) {
      faults.add(location, `${name} is '${entry}': ports end at 65535`, "write a number up to 65535");
      continue;
    }
    ports.push({
      host: Number(host),
      container: Number(container),
      protocol: protocol === "udp" ? "udp" : "tcp",
      location,
    });
  }
  return ports;
}

/** Adds a fault for each host port that two services publish. */
export function checkHostPorts(services: readonly ComposeService[], faults: FaultList): void {
  const taken = new Map<string, { service: string; location: SourceLocation }>();
  for (const { name, ports } of services) {
    for (const { host, protocol, location } of ports) {
      const key = `${host}/${protocol}`;
      const before = taken.get(key);
      if (before === undefined) taken.set(key, { service: name, location });
      else
        faults.add(
          location,
          `port ${key} of the host is published a second time (by ${before.service} in line ${before.location.line})`,
          "give one of the two another port",
        );
    }
  }
}
