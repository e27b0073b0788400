import type { FaultList } from "../../source/fault-list.ts";
import type { YamlEntry, YamlMap, YamlNode } from "../../source/yaml-tree.ts";
import { isNull, isSame, textOf } from "./nodes.ts";
import { matches } from "./path-pattern.ts";

/** What a later file says replaces what an earlier one says. */
const replaced = ["services.*.command", "services.*.entrypoint", "services.*.healthcheck.test"];

/** Mappings of which a value may be empty: an empty one replaces an earlier one too. */
const pairs = [
  "services.*.environment.*",
  "services.*.labels.*",
  "services.*.annotations.*",
  "services.*.sysctls.*",
  "services.*.deploy.labels.*",
  "services.*.build.args.*",
  "services.*.build.labels.*",
  "networks.*.labels.*",
  "volumes.*.labels.*",
];

/**
 * Merges two canonical trees as compose merges files, and a service with one that it extends.
 *
 * Source: compose-go, override/merge.go and override/uncity.go.
 *
 * @param earlier what the files in front say
 * @param later what overrides it
 */
export function mergeTrees(earlier: YamlMap, later: YamlMap, path: readonly string[], faults: FaultList): YamlMap {
  const entries = new Map(earlier.entries);
  for (const [key, entry] of later.entries) {
    const before = entries.get(key);
    const value = before === undefined ? entry.value : merged(before.value, entry.value, [...path, key], faults);
    // A value that stays the earlier one's keeps its place there.
    const kept: YamlEntry = before !== undefined && value === before.value ? before : { ...entry, value };
    entries.set(key, kept);
  }
  return { ...(earlier.entries.size === 0 ? later : earlier), entries };
}

function merged(earlier: YamlNode, later: YamlNode, path: readonly string[], faults: FaultList): YamlNode {
  if (replaced.some((pattern) => matches(path, pattern))) return later;
  if (pairs.some((pattern) => matches(path, pattern))) return later;
  if (isNull(later)) return earlier;
  if (matches(path, "services.*.logging") && earlier.kind === "map" && later.kind === "map") {
    const [driver, other] = [earlier, later].map(({ entries }) => textOf(entries.get("driver")?.value));
    return driver === undefined || other === undefined || driver === other
      ? mergeTrees(earlier, later, path, faults)
      : later;
  }
  if (matches(path, "services.*.ulimits.*") && earlier.kind !== later.kind) return later;
  if (earlier.kind === "map") {
    if (later.kind === "map") return mergeTrees(earlier, later, path, faults);
  } else if (earlier.kind === "list") {
    if (later.kind === "list") {
      const items = matches(path, "networks.*.ipam.config")
        ? subnets(earlier.items, later.items, path, faults)
        : undefined;
      return { ...later, items: unique(items ?? appended(earlier.items, later.items), path) };
    }
  } else return later;
  faults.add(
    later.location,
    `${path.join(".")} is ${later.kind === "map" ? "a mapping" : later.kind === "list" ? "a list" : "a text"} here, and ${earlier.kind === "map" ? "a mapping" : "a list"} in line ${earlier.location.line} of an earlier file: compose can't merge the two`,
    "write both in the same form",
  );
  return earlier;
}

function appended(earlier: readonly YamlNode[], later: readonly YamlNode[]): YamlNode[] {
  const items = [...earlier];
  for (const item of later) if (!items.some((other) => isSame(other, item))) items.push(item);
  return items;
}

/** Address ranges of a network: those of one subnet are merged. */
function subnets(
  earlier: readonly YamlNode[],
  later: readonly YamlNode[],
  path: readonly string[],
  faults: FaultList,
): YamlNode[] {
  const items = [...earlier];
  for (const item of later) {
    const subnet = item.kind === "map" ? textOf(item.entries.get("subnet")?.value) : undefined;
    const at = items.findIndex(
      (other) => other.kind === "map" && textOf(other.entries.get("subnet")?.value) === subnet,
    );
    const before = items[at];
    if (before?.kind === "map" && item.kind === "map") items[at] = mergeTrees(before, item, path, faults);
    else items.push(item);
  }
  return items;
}

type Identity = (item: YamlNode) => string | undefined;

const field =
  (...names: string[]): Identity =>
  (item) =>
    item.kind === "map" ? names.map((name) => textOf(item.entries.get(name)?.value) ?? "").join("|") : textOf(item);

const name: Identity = (item) => textOf(item)?.split("=")[0];

const fileMount =
  (folder: string): Identity =>
  (item) => {
    if (item.kind !== "map") return undefined;
    const target = textOf(item.entries.get("target")?.value);
    return target ?? `${folder}/${textOf(item.entries.get("source")?.value) ?? ""}`;
  };

/** What makes two items of a list one, of which the last counts. */
const identities: Readonly<Record<string, Identity>> = {
  cap_add: name,
  cap_drop: name,
  configs: fileMount(""),
  devices: field("target"),
  dns: name,
  dns_opt: name,
  dns_search: name,
  env_file: field("path"),
  expose: field(),
  links: name,
  ports: field("host_ip", "published", "target", "protocol"),
  profiles: name,
  secrets: fileMount("/run/secrets"),
  tmpfs: name,
  volumes: field("target"),
};

function identityAt(path: readonly string[]): Identity | undefined {
  if (matches(path, "services.*.*")) return identities[path[2] ?? ""];
  if (matches(path, "services.*.networks.*.aliases")) return name;
  if (matches(path, "services.*.build.tags")) return name;
  return undefined;
}

/** A list without what a later item says again; the last one takes the first one's place. */
function unique(items: readonly YamlNode[], path: readonly string[]): YamlNode[] {
  const identity = identityAt(path);
  if (identity === undefined) return [...items];
  const found = new Map<string | YamlNode, YamlNode>();
  for (const item of items) found.set(identity(item) ?? item, item);
  return [...found.values()];
}

/** The services' lists without what they say twice, as compose reads a single file. */
export function withoutDuplicates(model: YamlMap): YamlMap {
  const visit = (node: YamlNode, path: readonly string[]): YamlNode => {
    if (node.kind === "map") {
      const entries = new Map<string, YamlEntry>();
      for (const [key, entry] of node.entries) {
        const value = visit(entry.value, [...path, key]);
        entries.set(key, value === entry.value ? entry : { ...entry, value });
      }
      return { ...node, entries };
    }
    if (node.kind !== "list" || identityAt(path) === undefined) return node;
    return { ...node, items: unique(node.items, path) };
  };
  const services = model.entries.get("services");
  if (services === undefined) return model;
  const entries = new Map(model.entries);
  entries.set("services", { ...services, value: visit(services.value, ["services"]) });
  return { ...model, entries };
}
