import { suggest } from "../../../core/text/nearest.ts";
import type { YamlMap } from "../../source/yaml-tree.ts";
import { textOf } from "../loading/nodes.ts";
import type { ComposeService, Dependency } from "../types.ts";
import type { ServiceContext } from "./service-context.ts";
import { entriesAt, flagAt, itemsAt, textAt, written } from "./values.ts";

type Connections = Pick<
  ComposeService,
  "networks" | "networkLocations" | "fixedAddresses" | "networkMode" | "links" | "dependsOn"
>;

/** The networks of a service, and the other services that it names. */
export function readConnections(service: YamlMap, within: string, context: ServiceContext): Connections {
  const { serviceKey, networkKey, networks: declared, networkNames, faults } = context;
  const mode = written(service, "network_mode");
  const named = entriesAt(service, "networks");
  const networks = new Map<string, readonly string[]>();
  if (mode !== undefined && named.length > 0)
    faults.add(
      mode.location,
      `${within} has both 'network_mode' and 'networks': compose refuses it`,
      "keep one of the two",
    );
  if (mode === undefined && named.length === 0) networks.set(networkKey("default"), []);
  for (const { name, location, value } of named) {
    if (name !== "default" && !declared.has(networkKey(name)))
      faults.add(
        location,
        `${within}.networks names '${name}', which is not declared`,
        suggest(name, networkNames, `add '${name}:' under the top level's 'networks:'`),
      );
    const aliases = value.kind === "map" ? itemsAt(value, "aliases").flatMap((alias) => textOf(alias) ?? []) : [];
    networks.set(networkKey(name), aliases);
  }
  const links = new Map(
    itemsAt(service, "links").map((item) => {
      const [other = "", alias = other] = (textOf(item) ?? "").split(":");
      return [alias, serviceKey(other)] as const;
    }),
  );
  const shared = mode?.value.startsWith("service:") === true ? mode.value.slice("service:".length) : undefined;
  return {
    networks,
    networkLocations: new Map(named.map(({ name, location }) => [networkKey(name), location])),
    fixedAddresses: named.flatMap(({ value }) =>
      value.kind === "map" ? ["ipv4_address", "ipv6_address"].flatMap((key) => written(value, key) ?? []) : [],
    ),
    networkMode: mode && shared !== undefined ? { ...mode, value: `service:${serviceKey(shared)}` } : mode,
    links,
    dependsOn: new Map([...impliedDependencies(service, context), ...readDependencies(service, within, context)]),
  };
}

/**
 * The services that one waits for because it names them elsewhere.
 *
 * Source: compose-go, loader/normalize.go.
 */
function impliedDependencies(
  service: YamlMap,
  { serviceKey, serviceNames }: ServiceContext,
): (readonly [string, Dependency])[] {
  const links = itemsAt(service, "links").map((item) => ({
    name: textOf(item)?.split(":")[0],
    location: item.location,
  }));
  const volumes = itemsAt(service, "volumes_from").map((item) => ({
    name: textOf(item)?.split(":")[0],
    location: item.location,
  }));
  const shared = ["network_mode", "ipc", "pid", "uts", "cgroup"].flatMap((key) => {
    const own = written(service, key);
    return own?.value.startsWith("service:")
      ? [{ name: own.value.slice("service:".length), location: own.location }]
      : [];
  });
  return [...links, ...volumes, ...shared].flatMap(({ name, location }) =>
    name === undefined || !serviceNames.includes(name)
      ? []
      : [[serviceKey(name), { condition: "service_started", required: true, location }] as const],
  );
}

function readDependencies(
  service: YamlMap,
  within: string,
  { serviceKey, serviceNames, inactiveNames, faults }: ServiceContext,
): Map<string, Dependency> {
  const dependencies = new Map<string, Dependency>();
  for (const { name, location, value } of entriesAt(service, "depends_on")) {
    if (value.kind !== "map") continue;
    const required = flagAt(value, "required") ?? true;
    if (!serviceNames.includes(name)) {
      if (inactiveNames.includes(name)) {
        if (!required) continue;
        faults.add(
          location,
          `${within}.depends_on names '${name}', whose profile is not on`,
          "turn its profile on under 'compose:' in policy.yaml, or add 'required: false'",
        );
      } else
        faults.add(
          location,
          `${within}.depends_on names '${name}', which is not a service`,
          suggest(name, serviceNames, "name a service of this project"),
        );
      continue;
    }
    const condition = textAt(value, "condition");
    dependencies.set(serviceKey(name), {
      condition:
        condition === "service_healthy" || condition === "service_completed_successfully"
          ? condition
          : "service_started",
      required,
      location,
    });
  }
  return dependencies;
}
