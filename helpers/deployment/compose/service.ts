import { resolve } from "node:path";
import { suggest } from "../../core/text/nearest.ts";
import type { EditableYaml } from "../source/editable-yaml.ts";
import type { FaultList } from "../source/fault-list.ts";
import type { SourceLocation, Written } from "../source/location.ts";
import { readShape } from "../source/shape.ts";
import { locationOf, nodeAt, toPlain, type YamlMap, type YamlNode } from "../source/yaml-tree.ts";
import { isExtension, type ServiceData, serviceShape, unsupportedServiceKeys } from "./compose-shape.ts";
import { imageVersion } from "./image-version.ts";
import { readMounts } from "./mounts.ts";
import { readPorts } from "./ports.ts";
import type { ComposeNetwork, ComposeService, ComposeVolume } from "./types.ts";
import { readPairs, readWords, type ValueContext } from "./values.ts";

/** What reading a service needs of the rest of the deployment. */
export interface ServiceContext {
  /** Absolute path of the deployment's folder. */
  folder: string;
  /** The declared networks and volumes, by key. */
  networks: ReadonlyMap<string, ComposeNetwork>;
  volumes: ReadonlyMap<string, ComposeVolume>;
  /** The project's name. */
  project: string;
  /** The compose file as written. */
  yaml: EditableYaml;
  /** Reads an env file that a service names; undefined when it is missing, which is then a fault. */
  envFile(path: string, required: boolean, location: SourceLocation): ReadonlyMap<string, Written<string>> | undefined;
  faults: FaultList;
}

/** Reads one service; undefined when nothing of it can be used. */
export function readService(
  name: string,
  location: SourceLocation,
  node: YamlNode,
  context: ServiceContext,
): ComposeService | undefined {
  const { faults } = context;
  const within = `services.${name}`;
  if (node.kind !== "map") {
    faults.add(location, `${within} is not a mapping`, "write 'image:' and the rest below it");
    return undefined;
  }
  let unsupported = false;
  for (const [key, { keyLocation }] of node.entries) {
    const instead = unsupportedServiceKeys[key];
    if (instead === undefined) continue;
    unsupported = true;
    faults.add(keyLocation, `'${key}' in ${within} is not supported`, instead);
  }
  const skip = (key: string): boolean => isExtension(key) || key in unsupportedServiceKeys;
  if (unsupported && !node.entries.has("image")) return undefined;
  const data = readShape(serviceShape, node, toPlain(node, skip), faults, within);
  if (data === undefined) return undefined;

  const at = (key: string): ValueContext => ({
    within: `${within}.${key}`,
    path: ["services", name, key],
    yaml: context.yaml,
    faults,
  });
  const command = readWords(nodeAt(node, "command"), data.command, at("command"));
  const entrypoint = readWords(nodeAt(node, "entrypoint"), data.entrypoint, at("entrypoint"));
  const image = { value: data.image, location: locationOf(node, ["image"]) };
  return {
    name,
    key: name,
    project: context.project,
    location,
    image,
    version: imageVersion(image.value),
    build: undefined,
    replicas: 1,
    containerName: undefined,
    entrypoint: entrypoint?.map(({ value }) => value),
    command: command?.map(({ value }) => value),
    commandWords: command ?? [],
    environment: readEnvironment(node, at("environment"), context),
    labels: readPairs(nodeAt(node, "labels"), at("labels")),
    deployLabels: new Map(),
    mounts: readMounts(node, data, within, context),
    anonymousVolumes: [],
    tmpfs: [],
    files: [],
    ports: readPorts(node, data, within, faults),
    unfixedPorts: [],
    expose: [],
    networks: readServiceNetworks(node, data, within, context),
    networkMode: undefined,
    links: new Map(),
    dependsOn: new Map(),
    init: false,
    user: data.user === undefined ? undefined : String(data.user),
    workingDir: data.working_dir === undefined ? undefined : String(data.working_dir),
    healthcheck: readHealthcheck(node, data, within, faults),
    settings: new Map(),
  };
}

/** Source: the Compose specification, `healthcheck`. */
function readHealthcheck(
  node: YamlNode,
  { healthcheck }: ServiceData,
  within: string,
  faults: FaultList,
): ComposeService["healthcheck"] {
  const { test, disable } = healthcheck ?? {};
  if (test === undefined || test === null || disable === true) return undefined;
  const location = locationOf(node, ["healthcheck", "test"]);
  const [how, ...words] = typeof test === "string" ? ["CMD-SHELL", test] : test.map(String);
  if (how === "NONE") return undefined;
  if (how === "CMD-SHELL" && words.length > 0) return { command: ["/bin/sh", "-c", ...words], location };
  if (how === "CMD" && words.length > 0) return { command: words, location };
  faults.add(
    location,
    `${within}.healthcheck.test begins with '${how}', expected CMD, CMD-SHELL or NONE`,
    `write [CMD, ${how ?? ""}, …]`,
  );
  return undefined;
}

function readEnvironment(node: YamlMap, own: ValueContext, context: ServiceContext): Map<string, Written<string>> {
  const environment = new Map<string, Written<string>>();
  const files = nodeAt(node, "env_file");
  const list = files === undefined ? [] : files.kind === "list" ? files.items : [files];
  for (const item of list) {
    const path = item.kind === "map" ? nodeAt(item, "path") : item;
    if (path?.kind !== "scalar" || typeof path.value !== "string") continue;
    const required = nodeAt(item, "required");
    const optional = required?.kind === "scalar" && String(required.value) === "false";
    const variables = context.envFile(resolve(context.folder, path.value), !optional, item.location);
    for (const [name, written] of variables ?? []) environment.set(name, written);
  }
  for (const [name, written] of readPairs(nodeAt(node, "environment"), own)) {
    environment.set(name, written);
  }
  return environment;
}

function readServiceNetworks(
  node: YamlMap,
  data: ServiceData,
  within: string,
  { networks, faults }: ServiceContext,
): Map<string, readonly string[]> {
  const joined = new Map<string, readonly string[]>();
  if (data.networks === undefined) {
    joined.set("default", []);
    return joined;
  }
  const list: [name: string, aliases: readonly string[], location: SourceLocation][] = Array.isArray(data.networks)
    ? data.networks.map((name, index) => [String(name), [], locationOf(node, ["networks", index])])
    : Object.entries(data.networks).map(([name, options]) => [
        name,
        (options?.aliases ?? []).map(String),
        locationOf(node, ["networks", name]),
      ]);
  for (const [name, aliases, location] of list) {
    if (name !== "default" && !networks.has(name)) {
      faults.add(
        location,
        `${within}.networks names '${name}', which is not declared`,
        suggest(name, networks.keys(), `add '${name}:' under the top level's 'networks:'`),
      );
    }
    joined.set(name, aliases);
  }
  return joined;
}
