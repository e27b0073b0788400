import { existsSync, readdirSync } from "node:fs";
import { basename, dirname, join, relative, resolve } from "node:path";
import { textOf } from "../../compose/loading/nodes.ts";
import { FaultList } from "../../source/fault-list.ts";
import type { SourceLocation } from "../../source/location.ts";
import { readSource } from "../../source/source-file.ts";
import { nodeAt, parseYaml, type YamlNode } from "../../source/yaml-tree.ts";
import { envTextAt, variablesOf } from "../host/env-texts.ts";
import { outermostReferences } from "../host/variable-references.ts";
import { outlineOfService, type ServiceOutline, textsOf } from "./service-outline.ts";
import { isForSwarm } from "./swarm.ts";

/** A compose file, as far as it says to which project it belongs. */
export interface ComposeOutline {
  /** Absolute path. */
  file: string;
  /** Its top-level `name`, as written. */
  name: string | undefined;
  services: readonly ServiceOutline[];
  /** Services, networks and volumes (as `volume:KEY`) that it declares, external ones included, by key. */
  declared: readonly string[];
  /** Networks that it makes itself, by key. */
  ownNetworks: readonly string[];
  /** The names on the host of its own networks that have one. */
  namedNetworks: readonly string[];
  /** Networks that another project made: their names on the host. */
  externalNetworks: readonly string[];
  /** What its services name of these and it does not declare: another file of its project does. */
  undeclared: readonly string[];
  /** The paths of the host in its services that are relative to the project's directory, as written. */
  relativePaths: readonly string[];
  /** Whether its services have settings that only `docker stack deploy` reads. */
  isForSwarm: boolean;
  /** Absolute paths of the files that it includes or extends, each with compose's names where it names a folder. */
  uses: readonly string[];
}

/** In the order in which compose looks for them. */
export const composeFileNames = ["compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml"];

/** What compose merges over a file of {@link composeFileNames} by itself. */
const overrideNames = [
  "compose.override.yaml",
  "compose.override.yml",
  "docker-compose.override.yaml",
  "docker-compose.override.yml",
];

/** Folders that hold no deployment. */
const skippedFolders = new Set(["node_modules", "__pycache__", "venv"]);
const maxDepth = 5;
const maxFiles = 5_000;

/** Every compose file below a folder, by path; what can't be read as YAML is left out. */
export function composeOutlines(folder: string): ComposeOutline[] {
  return outlinesBelow(folder, (file) => outlineOf(file));
}

/**
 * Files below a folder that declare networks or volumes for the services of other files, and have none themselves: they
 * are read together (`docker compose -f base.yaml -f litellm.yaml`).
 */
export function composeBases(folder: string): ComposeOutline[] {
  return outlinesBelow(folder, (file) => {
    const { source, faults } = readOutlineSource(file);
    if (source === undefined || !/^(?:networks|volumes)\s*:/m.test(source.text)) return undefined;
    const root = parseYaml(source, faults);
    if (root === undefined || nodeAt(root, "services") !== undefined) return undefined;
    return outlineFrom(file, root, []);
  });
}

function outlinesBelow(folder: string, outline: (file: string) => ComposeOutline | undefined): ComposeOutline[] {
  return filesBelow(folder)
    .filter((file) => /\.ya?ml$/i.test(file))
    .flatMap((file) => outline(file) ?? []);
}

function readOutlineSource(file: string) {
  const faults = new FaultList();
  return { faults, source: readSource(file, faults, "write it") };
}

/** What an earlier `init` made from a template stands for nothing else. An `init.sql` or `init.sh` is the operator's own. */
const renderedFile = /^init\.[^.]+\.(?:ya?ml|toml)$/;
const renderedDirectory = /^init\.[^.]+$/;

/** Absolute paths of the files below a folder, sorted; without hidden folders and those of package managers. */
export function filesBelow(folder: string): string[] {
  const found: string[] = [];
  const walk = (at: string, depth: number): void => {
    for (const entry of entriesOf(at)) {
      if (found.length >= maxFiles) return;
      const path = join(at, entry.name);
      if (entry.isFile() && !renderedFile.test(entry.name)) found.push(path);
      else if (entry.isDirectory() && depth < maxDepth && !isSkipped(entry.name) && !renderedDirectory.test(entry.name))
        walk(path, depth + 1);
    }
  };
  walk(resolve(folder), 0);
  return found.toSorted();
}

/** Whether compose merges this file over the one next to it. */
export function isOverride(file: string): boolean {
  return overrideNames.includes(basename(file));
}

function entriesOf(folder: string): ReturnType<typeof readFolder> {
  try {
    return readFolder(folder);
  } catch {
    // A folder that can't be read, e.g. a database's: it has no deployment files for whoever runs the suite.
    return [];
  }
}

function readFolder(folder: string) {
  return readdirSync(folder, { withFileTypes: true }).toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

/** Hidden folders in which clients keep their configs. */
const clientFolders: ReadonlySet<string> = new Set([".claude", ".codex", ".cursor", ".vscode"]);

function isSkipped(name: string): boolean {
  return skippedFolders.has(name) || (name.startsWith(".") && !clientFolders.has(name));
}

/** Whether a file may change services without what a service of its own needs: an override, or a variant of the file next to it. */
function isOverlay(file: string): boolean {
  const isVariant = /^(?:docker-)?compose[.-]/.test(basename(file)) && !composeFileNames.includes(basename(file));
  return isOverride(file) || (isVariant && composeFileNames.some((name) => existsSync(join(dirname(file), name))));
}

function outlineOf(file: string): ComposeOutline | undefined {
  const { source, faults } = readOutlineSource(file);
  const isNamedSo = [...composeFileNames, ...overrideNames].includes(basename(file));
  const section = isNamedSo ? /^\s*["']?(?:services|include)["']?\s*:/m : /^\s*["']?services["']?\s*:/m;
  if (source === undefined || !section.test(source.text)) return undefined;
  const root = parseYaml(source, faults);
  if (root === undefined) return undefined;
  const services = nodeAt(root, "services");
  const maps = services?.kind === "map" ? [...services.entries].filter(([, { value }]) => value.kind === "map") : [];
  // Next to a service of its own, a file may change one of another file's.
  const entries = isOverlay(file) || maps.some(([, { value }]) => isService(value)) ? maps : [];
  // A file may have nothing but the files that it includes.
  if (entries.length === 0 && (!isNamedSo || includesOf(root).length === 0)) return undefined;
  return outlineFrom(file, root, entries);
}

/** A file that is known to be a compose file, whatever it declares; undefined where it can't be read as YAML. */
export function composeOutline(file: string): ComposeOutline | undefined {
  const { source, faults } = readOutlineSource(file);
  const root = source === undefined ? undefined : parseYaml(source, faults);
  if (root === undefined) return undefined;
  const services = nodeAt(root, "services");
  const entries = services?.kind === "map" ? [...services.entries] : [];
  return outlineFrom(
    file,
    root,
    entries.filter(([, { value }]) => value.kind === "map"),
  );
}

function outlineFrom(
  file: string,
  root: YamlNode,
  entries: readonly (readonly [string, { value: YamlNode }])[],
): ComposeOutline {
  const filled = filledIn(dirname(file));
  const networks = networksOf(root, filled);
  const declared = [
    ...entries.map(([name]) => name),
    ...networks.map(({ key }) => key),
    ...keysOf(nodeAt(root, "volumes")).map((key) => `volume:${key}`),
  ];
  const services = entries.map(([, { value }]) => value);
  return {
    file,
    name: textOf(nodeAt(root, "name")),
    services: entries.map(([name, { value }]) => outlineOfService(name, value, dirname(file), filled)),
    ownNetworks: networks.flatMap(({ key, isExternal }) => (isExternal ? [] : [key])),
    namedNetworks: networks.flatMap(({ name, isExternal }) => (isExternal || name === undefined ? [] : [name])),
    externalNetworks: networks.flatMap(({ key, name, isExternal }) => (isExternal ? [name ?? key] : [])),
    declared,
    undeclared: namesUsed(services).filter((name) => name !== "default" && !declared.includes(name)),
    relativePaths: services.flatMap(pathsUsed).filter((path) => /^\.{1,2}\//.test(path)),
    isForSwarm: isForSwarm(services),
    uses: [...includesOf(root), ...entries.flatMap(([, { value }]) => extendedFileOf(value))].map((path) =>
      resolve(dirname(file), path),
    ),
  };
}

/** The networks that services join, the services on which they depend, and their named volumes. */
function namesUsed(services: readonly YamlNode[]): string[] {
  const named = services.flatMap((service) => [
    ...["networks", "depends_on"].flatMap((key) => {
      const node = nodeAt(service, key);
      return node?.kind === "map" ? keysOf(node) : textsOf(node);
    }),
    ...sourcesOf(service).flatMap((source) => (/^[\w][\w.-]*$/.test(source) ? [`volume:${source}`] : [])),
  ]);
  return [...new Set(named)];
}

/** What stands before the first colon of a service's volumes, and their `source`. */
function sourcesOf(service: YamlNode): string[] {
  const volumes = nodeAt(service, "volumes");
  if (volumes?.kind !== "list") return [];
  return volumes.items.flatMap((item) => {
    if (item.kind === "map")
      return textOf(nodeAt(item, "type")) === "tmpfs" ? [] : (textOf(nodeAt(item, "source")) ?? []);
    const [source, target] = (textOf(item) ?? "").split(":");
    return source === undefined || target === undefined ? [] : [source];
  });
}

/** Mounted files and folders, env files, and what is built. */
function pathsUsed(service: YamlNode): string[] {
  const build = nodeAt(service, "build");
  return [
    ...sourcesOf(service),
    ...textsOf(nodeAt(service, "env_file")),
    ...textsOf(build?.kind === "map" ? nodeAt(build, "context") : build),
  ];
}

function keysOf(node: YamlNode | undefined): string[] {
  return node?.kind === "map" ? [...node.entries.keys()] : [];
}

/** A policy has `services:` too, with names only. */
function isService(node: YamlNode): boolean {
  return (
    node.kind === "map" && ["image", "build", "extends", "command", "environment"].some((key) => node.entries.has(key))
  );
}

/** Fills in the variables that the env file of a folder, or its example, sets. */
export function filledIn(folder: string): (text: string) => string {
  return filledFrom(envTextAt(join(folder, ".env"))?.text ?? "");
}

/** Fills in the variables that the text of an env file sets. */
export function filledFrom(envText: string): (text: string) => string {
  const values = variablesOf(envText);
  const filled = (text: string): string => {
    let [result, at] = ["", 0];
    for (const { variable, operator, word, start, end } of outermostReferences(text)) {
      if (operator?.endsWith("+")) continue;
      // A default of variables that are all known is what compose takes.
      const byDefault = operator?.endsWith("-") && word.includes("$") ? filled(word) : undefined;
      const value = values.get(variable) ?? (byDefault?.includes("$") ? undefined : byDefault);
      result += text.slice(at, start) + (value ?? text.slice(start, end));
      at = end;
    }
    return result + text.slice(at);
  };
  return filled;
}

function networksOf(
  root: YamlNode,
  filled: (text: string) => string,
): { key: string; name: string | undefined; isExternal: boolean }[] {
  const networks = nodeAt(root, "networks");
  if (networks?.kind !== "map") return [];
  return [...networks.entries].map(([key, { value }]) => {
    const external = nodeAt(value, "external");
    const isExternal = external !== undefined && !(external.kind === "scalar" && external.value === false);
    // `external: { name: … }` is compose's earlier form.
    const name = textOf(nodeAt(value, "name")) ?? textOf(nodeAt(external, "name"));
    return { key, name: name === undefined ? undefined : filled(name), isExternal };
  });
}

function includesOf(root: YamlNode): string[] {
  const include = nodeAt(root, "include");
  if (include?.kind !== "list") return [];
  return include.items.flatMap((item) => textsOf(item.kind === "map" ? nodeAt(item, "path") : item));
}

function extendedFileOf(service: YamlNode): string[] {
  return textsOf(nodeAt(service, "extends", "file"));
}

/** A path as a policy in the folder names it. */
export function pathIn(folder: string, file: string): string {
  return relative(resolve(folder), file).replaceAll("\\", "/");
}

/** A line as a comment of the policy names it: relative to the deployment's folder. */
export function placeOf(folder: string, location: SourceLocation | undefined): string {
  return location === undefined ? "" : `${pathIn(folder, location.file)}:${location.line}`;
}
