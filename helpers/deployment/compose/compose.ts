import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { isAbsolute, resolve } from "node:path";
import { suggest } from "../../core/text/nearest.ts";
import type { FaultList } from "../source/fault-list.ts";
import type { LiteralSecrets } from "../source/literal-secrets.ts";
import { readShape } from "../source/shape.ts";
import {
  locationOf,
  mapTexts,
  nodeAt,
  toPlain,
  type YamlMap,
  type YamlNode,
  type YamlScalar,
} from "../source/yaml-tree.ts";
import type {
  ComposeFile,
  ComposeNetwork,
  ComposeService,
  Mount,
  PublishedPort,
  SourceLocation,
  Written,
} from "../types.ts";
import {
  networkShape,
  type ServiceData,
  serviceShape,
  unsupportedServiceKeys,
  unsupportedTopKeys,
  volumeShape,
} from "./compose-shape.ts";
import { imageVersion } from "./image-version.ts";
import { interpolate } from "./interpolation.ts";
import { shellWords } from "./shell-words.ts";

/** What reading compose.yaml takes from the rest of the deployment. */
export interface ComposeContext {
  /** Absolute path of the deployment's folder. */
  folder: string;
  /** Variables of the policy's env file. */
  variables: ReadonlyMap<string, Written<string>>;
  /** False when the env file could not be read: then no variable counts as unset. */
  variablesKnown: boolean;
  secrets: LiteralSecrets;
  /** Reads an env file that a service names; undefined when it is missing, which is then already a fault. */
  envFile(path: string, required: boolean, location: SourceLocation): ReadonlyMap<string, Written<string>> | undefined;
  faults: FaultList;
}

/** compose.yaml, with the places that its types do not keep. */
export interface ReadCompose {
  compose: ComposeFile;
  /** Service to the words of its command, each with its line. */
  commands: ReadonlyMap<string, readonly Written<string>[]>;
  /** Every service's name, also of those that could not be read. */
  names: readonly string[];
}

const isExtension = (key: string): boolean => key.startsWith("x-");
const topKeys = ["name", "version", "services", "networks", "volumes"];

/** Reads compose.yaml; whatever compose would refuse, or the suite can't honour, becomes a fault. */
export function readCompose(file: string, root: YamlNode, context: ComposeContext): ReadCompose | undefined {
  const { faults } = context;
  if (root.kind !== "map") {
    faults.add(root.location, "is no mapping", "write 'services:' with the services below it");
    return undefined;
  }
  for (const [key, { keyLocation }] of root.entries) {
    if (isExtension(key) || topKeys.includes(key)) continue;
    const instead = unsupportedTopKeys[key];
    if (instead !== undefined) faults.add(keyLocation, `'${key}' is not supported`, instead);
    else
      faults.add(
        keyLocation,
        `unknown key '${key}'`,
        suggest(key, [...topKeys, ...Object.keys(unsupportedTopKeys)], `remove it (known here: ${topKeys.join(", ")})`),
      );
  }
  const tree = mapTexts(root, (text, scalar) => context.secrets.text(interpolated(text, scalar, context)));

  const networks = readNetworks(nodeAt(tree, "networks"), faults);
  const volumes = readVolumes(nodeAt(tree, "volumes"), faults);
  const services = new Map<string, ComposeService>();
  const commands = new Map<string, readonly Written<string>[]>();
  const serviceMap = nodeAt(tree, "services");
  if (serviceMap?.kind !== "map" || serviceMap.entries.size === 0) {
    faults.add(locationOf(tree, ["services"]), "has no services", "write 'services:' with the services below it");
    return undefined;
  }
  for (const [name, { keyLocation, value }] of serviceMap.entries) {
    const read = readService(name, keyLocation, value, { ...context, networks, volumes });
    if (read === undefined) continue;
    services.set(name, read.service);
    commands.set(name, read.command);
  }
  checkDependencies(serviceMap, faults);
  checkHostPorts([...services.values()], faults);
  return { compose: { file, services, networks }, commands, names: [...serviceMap.entries.keys()] };
}

/** Interpolates one text; the fault names the line within a text of several lines. */
function interpolated(text: string, scalar: YamlScalar, { variables, variablesKnown, faults }: ComposeContext): string {
  const { value, problems } = interpolate(text, {
    get: (name) => variables.get(name)?.value ?? (variablesKnown ? undefined : ""),
  });
  for (const { piece, variable, what, fix } of problems) {
    const { source, start, end } = scalar.span;
    const offset = source.text.indexOf(piece, start);
    const line = offset === -1 || offset >= end ? scalar.location.line : source.lineAt(offset);
    const better = variable === undefined ? fix : suggest(variable, variables.keys(), fix);
    faults.add({ file: scalar.location.file, line }, what, better);
  }
  return value;
}

function readNetworks(node: YamlNode | undefined, faults: FaultList): Map<string, ComposeNetwork> {
  const networks = new Map<string, ComposeNetwork>();
  for (const [key, { keyLocation, value }] of entriesOf(node, "networks", faults)) {
    const data = readShape(networkShape, value, toPlain(value, isExtension), faults, `networks.${key}`);
    if (data === undefined) continue;
    const bridge = data?.driver_opts?.["com.docker.network.bridge.name"];
    networks.set(key, {
      name: String(data?.name ?? key),
      internal: isTrue(data?.internal),
      ipv6: isTrue(data?.enable_ipv6),
      bridge: bridge === undefined ? undefined : String(bridge),
      location: keyLocation,
    });
  }
  return networks;
}

function readVolumes(node: YamlNode | undefined, faults: FaultList): Set<string> {
  const volumes = new Set<string>();
  for (const [key, { value }] of entriesOf(node, "volumes", faults)) {
    readShape(volumeShape, value, toPlain(value, isExtension), faults, `volumes.${key}`);
    volumes.add(key);
  }
  return volumes;
}

function entriesOf(node: YamlNode | undefined, name: string, faults: FaultList): YamlMap["entries"] {
  if (node === undefined || (node.kind === "scalar" && node.value === null)) return new Map();
  if (node.kind === "map") return new Map([...node.entries].filter(([key]) => !isExtension(key)));
  faults.add(node.location, `'${name}' is no mapping`, `write one ${name.slice(0, -1)} a line, each with a colon`);
  return new Map();
}

interface ServiceContext extends ComposeContext {
  networks: ReadonlyMap<string, ComposeNetwork>;
  volumes: ReadonlySet<string>;
}

function readService(
  name: string,
  location: SourceLocation,
  node: YamlNode,
  context: ServiceContext,
): { service: ComposeService; command: readonly Written<string>[] } | undefined {
  const { faults } = context;
  const within = `services.${name}`;
  if (node.kind !== "map") {
    faults.add(location, `${within} is no mapping`, "write 'image:' and the rest below it");
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

  const command = readWords(nodeAt(node, "command"), data.command, `${within}.command`, faults);
  const entrypoint = readWords(nodeAt(node, "entrypoint"), data.entrypoint, `${within}.entrypoint`, faults);
  const image = { value: data.image, location: locationOf(node, ["image"]) };
  return {
    command: command ?? [],
    service: {
      name,
      location,
      image,
      version: imageVersion(image.value),
      entrypoint: entrypoint?.map(({ value }) => value),
      command: command?.map(({ value }) => value),
      environment: readEnvironment(node, within, context),
      labels: readPairs(nodeAt(node, "labels"), `${within}.labels`, faults),
      mounts: readMounts(node, data, within, context),
      ports: readPorts(node, data, within, faults),
      networks: readServiceNetworks(node, data, within, context),
      user: data.user === undefined ? undefined : String(data.user),
      workingDir: data.working_dir === undefined ? undefined : String(data.working_dir),
      healthcheck: readHealthcheck(node, data, within, faults),
    },
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
    `${within}.healthcheck.test begins with '${how}', and a list begins with CMD, CMD-SHELL or NONE`,
    `write [CMD, ${how ?? ""}, …]`,
  );
  return undefined;
}

function readWords(
  node: YamlNode | undefined,
  data: ServiceData["command"],
  within: string,
  faults: FaultList,
): Written<string>[] | undefined {
  if (node === undefined || data === undefined || data === null) return undefined;
  if (typeof data !== "string") {
    return data.map((value, index) => ({ value: String(value), location: locationOf(node, [index]) }));
  }
  try {
    return shellWords(data).map((value) => ({ value, location: lineOfWord(node, value) }));
  } catch (error) {
    faults.add(
      node.location,
      `${within}: ${error instanceof Error ? error.message : String(error)}`,
      "close the quote",
    );
    return undefined;
  }
}

/** A command written as one text may go over several lines. */
function lineOfWord(node: YamlNode, word: string): SourceLocation {
  if (node.kind !== "scalar") return node.location;
  const { source, start, end } = node.span;
  const offset = source.text.indexOf(word, start);
  return offset === -1 || offset >= end ? node.location : { file: source.file, line: source.lineAt(offset) };
}

/** `NAME=value` list or mapping. A name without a value is a fault: it would come from the shell. */
function readPairs(node: YamlNode | undefined, within: string, faults: FaultList): Map<string, Written<string>> {
  const pairs = new Map<string, Written<string>>();
  if (node?.kind === "map") {
    for (const [key, { keyLocation, value }] of node.entries) {
      if (value.kind !== "scalar") continue;
      if (value.value === null && !within.endsWith("labels")) {
        faults.add(
          keyLocation,
          `${within}.${key} has no value: it would be taken from the shell`,
          `write ${key}: \${${key}}, or ${key}: "" for an empty value`,
        );
        continue;
      }
      pairs.set(key, { value: String(value.value ?? ""), location: keyLocation });
    }
  } else if (node?.kind === "list") {
    for (const item of node.items) {
      if (item.kind !== "scalar") continue;
      const written = String(item.value);
      const equals = written.indexOf("=");
      const key = equals === -1 ? written : written.slice(0, equals);
      const before = pairs.get(key);
      if (before !== undefined) {
        faults.add(
          item.location,
          `'${key}' stands here a second time (first in line ${before.location.line})`,
          "keep one of the two: only the last would count",
        );
      }
      if (equals === -1 && !within.endsWith("labels")) {
        faults.add(
          item.location,
          `${within}: ${key} has no value: it would be taken from the shell`,
          `write ${key}=\${${key}}`,
        );
        continue;
      }
      pairs.set(key, { value: equals === -1 ? "" : written.slice(equals + 1), location: item.location });
    }
  }
  return pairs;
}

function readEnvironment(node: YamlMap, within: string, context: ServiceContext): Map<string, Written<string>> {
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
  for (const [name, written] of readPairs(nodeAt(node, "environment"), `${within}.environment`, context.faults)) {
    environment.set(name, written);
  }
  return environment;
}

function readMounts(node: YamlMap, data: ServiceData, within: string, context: ServiceContext): Mount[] {
  const { faults } = context;
  const mounts: Mount[] = [];
  for (const [index, entry] of (data.volumes ?? []).entries()) {
    const location = locationOf(node, ["volumes", index]);
    const mount = typeof entry === "string" ? shortMount(entry) : entry;
    if (mount.type === "tmpfs") continue;
    if (mount.source === undefined || mount.source === "") {
      faults.add(
        location,
        `${within}.volumes[${index}] has no source: an anonymous volume`,
        "name a volume, or a path that begins with './'",
      );
      continue;
    }
    if (!isAbsolute(mount.target)) {
      faults.add(
        location,
        `${within}.volumes[${index}]: the target '${mount.target}' is no absolute path`,
        "begin it with '/'",
      );
      continue;
    }
    const kind = mount.type ?? (/^[./~]/.test(mount.source) ? "bind" : "volume");
    const source = kind === "bind" ? hostPath(mount.source, context.folder) : mount.source;
    if (kind === "volume" && !context.volumes.has(source)) {
      faults.add(
        location,
        `the volume '${source}' is not declared`,
        suggest(
          source,
          context.volumes,
          `add '${source}:' under the top level's 'volumes:', or begin a path with './'`,
        ),
      );
    }
    // Only what belongs to the deployment must be here; the engine's socket and the like are the machine's.
    if (kind === "bind" && !isAbsolute(mount.source) && !existsSync(source)) {
      faults.add(
        location,
        `'${mount.source}' is mounted but missing: docker would make an empty directory of it`,
        "write the file, or mend the path",
      );
    }
    const target = mount.target.length > 1 ? mount.target.replace(/\/+$/, "") : mount.target;
    const before = mounts.find((other) => other.target === target);
    if (before !== undefined) {
      faults.add(
        location,
        `${target} is mounted a second time (first in line ${before.location.line})`,
        "keep one of the two",
      );
    }
    mounts.push({ source, kind, target, readOnly: isTrue(mount.read_only), location });
  }
  return mounts;
}

function shortMount(text: string): {
  type?: "bind" | "volume" | "tmpfs";
  source?: string;
  target: string;
  read_only?: boolean;
} {
  const [source, target, mode] = text.split(":");
  if (target === undefined) return { target: source ?? "" };
  return { source: source ?? "", target, read_only: (mode ?? "").split(",").includes("ro") };
}

function hostPath(path: string, folder: string): string {
  return path.startsWith("~") ? resolve(homedir(), `.${path.slice(1)}`) : resolve(folder, path);
}

function readPorts(node: YamlMap, data: ServiceData, within: string, faults: FaultList): PublishedPort[] {
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
        `${name} is '${entry}', ${range ? "a range of ports" : "no port"}`,
        range ? "write one port a line" : "write HOST:CONTAINER, e.g. 4000:4000",
      );
      continue;
    }
    const [, host, container, protocol] = parts;
    if (host === undefined) {
      faults.add(
        location,
        `${name} publishes ${container} on a port that changes with every start`,
        `write ${container}:${container}, or remove it`,
      );
      continue;
    }
    if (Number(host) > 65535 || Number(container) > 65535) {
      faults.add(location, `${name} is '${entry}': ports end at 65535`, "mend the number");
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

function checkDependencies(services: YamlMap, faults: FaultList): void {
  for (const [name, { value }] of services.entries) {
    const needs = nodeAt(value, "depends_on");
    const named: [string, SourceLocation][] =
      needs?.kind === "map"
        ? [...needs.entries].map(([key, { keyLocation }]) => [key, keyLocation])
        : needs?.kind === "list"
          ? needs.items.flatMap((item) => (item.kind === "scalar" ? [[String(item.value), item.location]] : []))
          : [];
    for (const [other, location] of named) {
      if (services.entries.has(other)) continue;
      faults.add(
        location,
        `services.${name}.depends_on names '${other}', which is no service`,
        suggest(other, services.entries.keys(), "name a service of this file"),
      );
    }
  }
}

function checkHostPorts(services: readonly ComposeService[], faults: FaultList): void {
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

function isTrue(value: boolean | string | undefined): boolean {
  return value === true || value === "true";
}
