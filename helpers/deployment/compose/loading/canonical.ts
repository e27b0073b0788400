import type { FaultList } from "../../source/fault-list.ts";
import type { YamlEntry, YamlMap, YamlNode } from "../../source/yaml-tree.ts";
import {
  changeEach,
  changeEntry,
  entryOf,
  isNull,
  listNode,
  mapNode,
  mapOf,
  scalarNode,
  textOf,
  withEntry,
} from "./nodes.ts";
import { longPorts, longVolume } from "./short-forms.ts";

type Change = (node: YamlNode, faults: FaultList) => YamlNode;

/**
 * A file's tree in compose's long forms: each value has one form, so that trees can be merged and read.
 *
 * Source: compose-go, transform/canonical.go; mappings in place of its lists of `NAME=value`.
 */
export function canonical(model: YamlMap, faults: FaultList): YamlMap {
  let result = changeEntry(model, "services", (services) =>
    services.kind === "map" ? changeEach(services, (service) => canonicalService(service, faults)) : services,
  );
  for (const key of ["networks", "volumes", "configs", "secrets"]) {
    result = changeEntry(result, key, (section) =>
      section.kind === "map" ? changeEach(section, (resource) => canonicalResource(resource)) : section,
    );
  }
  return result;
}

/** A service in compose's long forms. */
export function canonicalService(service: YamlNode, faults: FaultList): YamlNode {
  if (service.kind !== "map") return service;
  let result = service;
  for (const [key, change] of Object.entries(changes))
    result = changeEntry(result, key, (value) => (isNull(value) ? value : change(value, faults)));
  return result;
}

/** A network, volume, config or secret; `external: { name }` is written as `external: true` with the name. */
function canonicalResource(resource: YamlNode): YamlNode {
  if (resource.kind !== "map") return resource;
  let result = changeEntry(resource, "labels", pairs);
  const external = result.entries.get("external");
  if (external?.value.kind === "map") {
    const name = external.value.entries.get("name");
    result = withEntry(result, "external", { ...external, value: scalarNode(true, external.value) });
    if (name !== undefined && !result.entries.has("name")) result = withEntry(result, "name", name);
  }
  return result;
}

/** A list of `NAME=value` as a mapping; a name alone has no value. */
export function pairs(node: YamlNode): YamlNode {
  if (node.kind !== "list") return node;
  const entries: [string, YamlEntry][] = node.items.flatMap((item) => {
    const text = textOf(item);
    if (text === undefined) return [];
    const equals = text.indexOf("=");
    const value = equals === -1 ? null : text.slice(equals + 1);
    return [[equals === -1 ? text : text.slice(0, equals), entryOf(scalarNode(value, item))]];
  });
  return mapNode(entries, node);
}

const list: Change = (node) => (node.kind === "scalar" ? listNode([node], node) : node);

/** A list of names as a mapping of them. */
const names =
  (defaults: Readonly<Record<string, string | boolean>> | undefined): Change =>
  (node) => {
    if (node.kind === "map")
      return defaults === undefined
        ? node
        : changeEach(node, (value) =>
            value.kind === "map"
              ? { ...value, entries: new Map([...mapOf(defaults, value).entries, ...value.entries]) }
              : value,
          );
    const items = node.kind === "list" ? node.items : [node];
    return mapNode(
      items.flatMap((item) => {
        const name = textOf(item);
        const value = defaults === undefined ? scalarNode(null, item) : mapOf(defaults, item);
        return name === undefined ? [] : [[name, { ...entryOf(value), keyLocation: item.location }] as const];
      }),
      node,
    );
  };

const each =
  (change: (text: string, item: YamlNode, faults: FaultList) => YamlNode | readonly YamlNode[]): Change =>
  (node, faults) => {
    if (node.kind !== "list") return node;
    return listNode(
      node.items.flatMap((item) => {
        const text = textOf(item);
        return text === undefined ? item : change(text, item, faults);
      }),
      node,
    );
  };

const fileMount: Change = each((text, item) => mapOf({ source: scalarNode(text, item) }, item));

const envFiles: Change = (node, faults) => {
  const long = each((text, item) => mapOf({ path: scalarNode(text, item), required: true }, item))(
    list(node, faults),
    faults,
  );
  if (long.kind !== "list") return long;
  return listNode(
    long.items.map((item) =>
      item.kind === "map" && !item.entries.has("required")
        ? withEntry(item, "required", entryOf(scalarNode(true, item)))
        : item,
    ),
    node,
  );
};

/** `HOST=ADDRESS`, whatever the form: `HOST:ADDRESS`, or a mapping to an address or a list of them. */
const extraHosts: Change = (node) => {
  if (node.kind === "map") {
    const items = [...node.entries].flatMap(([host, { value }]) =>
      (value.kind === "list" ? value.items : [value]).map((item) => scalarNode(`${host}=${textOf(item) ?? ""}`, item)),
    );
    return listNode(items, node);
  }
  if (node.kind !== "list") return node;
  return listNode(
    node.items.map((item) => scalarNode((textOf(item) ?? "").replace(/^([^:=]+)[:=]\[?(.*?)\]?$/, "$1=$2"), item)),
    node,
  );
};

const build: Change = (node, faults) => {
  const long = node.kind === "map" ? node : mapOf({ context: node }, node);
  let result = long;
  for (const key of ["args", "labels", "additional_contexts"]) result = changeEntry(result, key, pairs);
  result = changeEntry(result, "extra_hosts", (hosts) => extraHosts(hosts, faults));
  return changeEntry(result, "secrets", (secrets) => fileMount(secrets, faults));
};

const devices: Change = each((text, item) => {
  const [source = "", target = source, permissions = "rwm"] = text.split(":");
  return mapOf({ source, target, permissions }, item);
});

/** By key of a service. */
const changes: Readonly<Record<string, Change>> = {
  annotations: pairs,
  build,
  configs: fileMount,
  depends_on: names({ condition: "service_started", required: true }),
  deploy: (node) => (node.kind === "map" ? changeEntry(node, "labels", pairs) : node),
  devices,
  dns: list,
  dns_search: list,
  env_file: envFiles,
  environment: pairs,
  expose: each((text, item) => scalarNode(text, item)),
  extra_hosts: extraHosts,
  label_file: list,
  labels: pairs,
  models: names(undefined),
  networks: names(undefined),
  ports: each((text, item, faults) => {
    const long = longPorts(text, item);
    if ("what" in long) faults.add(item.location, long.what, long.fix);
    return "what" in long ? [] : long;
  }),
  secrets: fileMount,
  sysctls: pairs,
  tmpfs: list,
  volumes: each((text, item, faults) => {
    const long = longVolume(text, item);
    if ("what" in long) {
      const [unset] = (item.kind === "scalar" ? (item.problems ?? []) : []).filter(({ kind }) => kind === "unset");
      if (unset === undefined) faults.add(item.location, long.what, long.fix);
      else
        faults.add(
          unset.location,
          `${unset.what}, and '${text}' is not a mount without it`,
          `${unset.fix}, or set it under 'variables:' in policy.yaml`,
        );
    }
    return "what" in long ? [] : long;
  }),
};
