import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { defaultEnvFile } from "../../compose/environment/default-env-file.ts";
import { withoutExampleEnding } from "../../compose/environment/example-files.ts";
import { imageVersion } from "../../compose/service/image-version.ts";
import { atLeast } from "../../litellm/version.ts";
import { nodeAt, type YamlNode } from "../../source/yaml-tree.ts";
import { filesBelow, filledFrom, filledIn, pathIn, type ServiceOutline } from "../files/compose-files.ts";
import { roleSigns, serviceOf } from "../files/roles.ts";
import type { Stated } from "../policy-input.ts";
import {
  type EnvText,
  emptyNames,
  envTextAt,
  filledNames,
  filledText,
  namesHome,
  variablesOf,
  wellKnownKey,
  wellKnownNames,
} from "./env-texts.ts";
import {
  copyInFolder,
  filesInVolumes,
  homeFolder,
  missingEnvFiles,
  missingFiles,
  missingMounts,
  onlyConfig,
  pathsInCommand,
  policyPath,
} from "./host-copies.ts";
import type { KnownServers, Placeholders } from "./placeholders.ts";
import { type RenderedCopy, renderCopies } from "./rendered-copies.ts";
import { treeOf, type VariableUse, variableUses } from "./variable-uses.ts";

/** What one compose project takes from the host. */
export interface ProjectValues {
  /** Its folder, relative to the deployment's. */
  home: string;
  /** Its env file, relative to the deployment's folder; undefined where compose finds it itself. */
  envFile: string | undefined;
  variables: ReadonlyMap<string, Stated<string>>;
  /** Paths of the host to the copies in the folder. */
  copies: ReadonlyMap<string, Stated<string>>;
  /** Copies that are made from templates. */
  rendered: readonly RenderedCopy[];
  /** An env file with placeholders; undefined where none is needed. */
  standIn: EnvStandIn | undefined;
  /** Secrets of compose whose files are missing, each with a placeholder. */
  secrets: readonly MissingSecret[];
}

/** An env file that stands for those that are not in the folder. */
export interface EnvStandIn {
  /** The paths that it stands for, as the policy names them. */
  stated: readonly string[];
  /** The variables that have placeholders. */
  made: readonly string[];
  text: string;
}

/** A secret of compose whose file is not in the folder. */
export interface MissingSecret {
  name: string;
  /** As the policy names it. */
  path: string;
  placeholder: string;
}

/**
 * What a compose project takes from the host and no file of the folder gives.
 *
 * @param folder the deployment's folder
 * @param files the project's files, absolute, in compose's order
 * @param directory from which their relative paths start, absolute
 * @param included the files that they include, whose relative paths start in their own folders
 */
export function projectValues(
  folder: string,
  { files, directory: home, included }: { files: readonly string[]; directory: string; included: readonly string[] },
  placeholders: Placeholders,
): ProjectValues {
  const trees = [...files, ...included].flatMap((file) => {
    const root = treeOf(file);
    const at = included.includes(file) ? dirname(file) : home;
    return root === undefined ? [] : [{ root, name: pathIn(folder, file), home: at }];
  });
  const uses = mergedUses(trees.map(({ root, name }) => variableUses(root, name)));
  const services = trees.flatMap(({ root, home: at }) => servicesOf(root, at));
  const main = mainEnvFile(folder, home, [...uses.keys()]);
  const unusable = [...refusedKeys(services, main.found), ...emptyByDefault(folder, services, main.found)];
  const given = new Set(filledNames(main.found?.text ?? "").filter((name) => !unusable.includes(name)));
  if (namesHome(main.found?.text ?? "") && !uses.has("HOME"))
    uses.set("HOME", { at: pathIn(folder, main.path), role: { kind: "text" }, isRequired: false });
  const empty = new Set(emptyNames(main.found?.text ?? ""));
  const open = [...uses].filter(
    ([name, { role, isRequired }]) => !given.has(name) && (isRequired || role.kind !== "label" || !empty.has(name)),
  );
  const isPath = ([, { role }]: [string, VariableUse]): boolean => role.kind === "path" || role.kind === "mount";
  const isForShell = (entry: [string, VariableUse]): boolean => entry[0] === "HOME" || isPath(entry);
  const hasOwnFile = main.found !== undefined && !main.found.isExample;
  const servers = serversOf(services);
  const made = new Map(
    hasOwnFile
      ? []
      : open
          .filter((entry) => !isForShell(entry))
          .map(([name, use]) => [name, placeholders.value(name, use, servers)] as const),
  );
  const envFiles = services.flatMap(({ node, home: at }) => missingEnvFiles(node, folder, at));
  const needed = mergedNames([neededByLiteLLM(folder, services), neededByTraefik(folder, services)]);
  const examples = [...needed.keys()].filter((path) => path !== main.path && path !== "");
  for (const name of [...unusable, ...[...needed.values()].flat()])
    if (!given.has(name) && !made.has(name) && !(hasOwnFile && unusable.includes(name)))
      made.set(name, placeholders.value(name, undefined, servers));
  const isMainMissing =
    !hasOwnFile &&
    (main.found?.isFound === false ||
      open.some((entry) => !isForShell(entry)) ||
      unusable.length > 0 ||
      (needed.get(main.path) ?? []).some((name) => !given.has(name)));
  const paths = [
    ...new Set([
      ...(isMainMissing ? [main.path] : []),
      ...envFiles.flatMap(({ path, hasExample }) => (hasExample ? [] : path)),
      ...examples,
    ]),
  ];
  const exampleTexts = [
    ...(isMainMissing ? [main.found?.text ?? ""] : []),
    ...examples.map((path) => envTextAt(path)?.text ?? ""),
  ].filter((text) => text !== "");
  const envText = main.found?.text ?? "";
  const { copies, rendered } = renderCopies(
    folder,
    new Map([
      ...copiesOf(folder, services, filledFrom(envText)),
      ...trees.flatMap(({ root, home: at }) => [
        ...externalCopies(folder, root, services),
        ...configCopies(folder, at, root),
      ]),
    ]),
    { given: variablesOf(envText), empty, placeholders, servers },
  );
  return {
    home: pathIn(folder, home),
    envFile: main.isDefault ? undefined : pathIn(folder, main.path),
    variables: statedVariables(folder, open, hasOwnFile),
    copies,
    rendered,
    standIn:
      paths.length === 0
        ? undefined
        : {
            stated: paths.map((path) => policyPath(folder, path)),
            made: [...made.keys()],
            text: filledText(exampleTexts.join("\n"), made),
          },
    secrets: trees.flatMap(({ root, home: at }) =>
      missingFiles(root, "secrets", folder, at).map(({ name, path }) => ({
        name,
        path: policyPath(folder, path),
        placeholder: placeholders.value(name.toUpperCase(), undefined, servers),
      })),
    ),
  };
}

/** A service of a compose file. */
interface ServiceNode {
  outline: ServiceOutline;
  node: YamlNode;
  /** Where its relative paths start. */
  home: string;
  /** The `volumes` of its compose file. */
  volumes: YamlNode | undefined;
}

function mergedUses(all: readonly ReadonlyMap<string, VariableUse>[]): Map<string, VariableUse> {
  const merged = new Map<string, VariableUse>();
  for (const [name, use] of all.flatMap((uses) => [...uses])) if (!merged.has(name)) merged.set(name, use);
  return merged;
}

function servicesOf(root: YamlNode, home: string): ServiceNode[] {
  const services = nodeAt(root, "services");
  if (services?.kind !== "map") return [];
  const filled = filledIn(home);
  return [...services.entries].map(([name, { value: node }]) => ({
    node,
    home,
    volumes: nodeAt(root, "volumes"),
    outline: {
      name,
      image: filled(textOf(nodeAt(node, "image")) ?? "") || undefined,
      dockerfile: undefined,
      command: [nodeAt(node, "entrypoint"), nodeAt(node, "command")].flatMap(wordsOf).join(" "),
    },
  }));
}

/** The env file for interpolation: compose's own, else the one in the folder that sets most of the variables. */
function mainEnvFile(
  folder: string,
  home: string,
  wanted: readonly string[],
): { path: string; found: EnvText | undefined; isDefault: boolean } {
  const own = home === folder ? join(folder, defaultEnvFile(folder)) : join(home, ".env");
  const found = envTextAt(own);
  if (found !== undefined) return { path: own, found, isDefault: true };
  const others = filesBelow(folder)
    .filter((file) => isEnvFile(withoutExampleEnding(pathIn(folder, file))) && !/(?:^|\/)init\./.test(file))
    .flatMap((file) => envTextAt(withoutExampleEnding(file)) ?? [])
    .map((text) => ({ text, count: filledNames(text.text).filter((name) => wanted.includes(name)).length }));
  const best = others.toSorted((a, b) => b.count - a.count).find(({ count }) => count > 0)?.text;
  if (best === undefined) return { path: own, found: undefined, isDefault: true };
  // `.env.litellm.example` is to be copied to `.env`.
  if (best.isExample && /(?:^|\/)\.env\.[^/]+$/.test(best.path))
    return { path: own, found: { ...best, path: own, isFound: false }, isDefault: true };
  return { path: best.path, found: best, isDefault: false };
}

/** Whether a path is that of an env file: `.env`, `litellm.env`, `.env.litellm`. */
function isEnvFile(path: string): boolean {
  return /(?:^|[./])env$|(?:^|\/)\.env\.[\w-]+$/.test(path);
}

/** Variables that are stated as those of the shell: paths, and what compose demands although an env file is there. */
function statedVariables(
  folder: string,
  open: readonly (readonly [string, VariableUse])[],
  hasOwnFile: boolean,
): Map<string, Stated<string>> {
  return new Map(
    open.flatMap(([name, { at, role, isRequired }]): [string, Stated<string>][] => {
      const question = `what is ${name} (${at})? No file sets it`;
      if (name === "HOME") {
        const home = homeFolder(folder);
        const asked = home === undefined ? question : `is ${home}/ the home directory that ${at} means?`;
        return [[name, { value: `./${home ?? "home"}`, questions: [asked] }]];
      }
      if (role.kind === "path") return [[name, { value: "./", questions: [question] }]];
      if (role.kind === "mount") {
        const copy = copyInFolder({ path: role.target, target: role.target }, folder, []);
        const value = copy ?? name.toLowerCase().replaceAll("_", "-");
        return [[name, { value: `./${value}`, questions: [question] }]];
      }
      return hasOwnFile && isRequired ? [[name, { value: "placeholder", questions: [question] }]] : [];
    }),
  );
}

function serversOf(services: readonly ServiceNode[]): KnownServers {
  const named = (pattern: RegExp): string | undefined =>
    services.find(({ outline }) => pattern.test(outline.image ?? ""))?.outline.name;
  const litellm = serviceOf("litellm", services, ({ outline }) => outline);
  return {
    postgres: named(/(?:^|\/)(?:postgres|pgvector)/),
    redis: named(/(?:^|\/)(?:redis|valkey)/),
    litellmPort: litellm && portForTraefik(litellm.node),
  };
}

/** The port at which a service's labels send Traefik to it; undefined where none says. */
function portForTraefik(service: YamlNode): string | undefined {
  const all = [nodeAt(service, "labels"), nodeAt(service, "deploy", "labels")].flatMap((labels) => {
    if (labels?.kind === "list") return labels.items.flatMap((item) => textOf(item) ?? []);
    const entries = labels?.kind === "map" ? [...labels.entries] : [];
    return entries.map(([name, { value }]) => `${name}=${textOf(value)}`);
  });
  return all.flatMap((label) => /\.loadbalancer\.server\.port=(\d+)$/i.exec(label)?.[1] ?? [])[0];
}

/** The variables that LiteLLM's config reads, and its keys: see {@link neededBy}. */
function neededByLiteLLM(folder: string, services: readonly ServiceNode[]): ReadonlyMap<string, readonly string[]> {
  const litellm = serviceOf("litellm", services, ({ outline }) => outline);
  if (litellm === undefined) return new Map();
  const configs = yamlTexts(folder);
  const read = variablesRead(configs);
  return neededBy(litellm, folder, /\bmaster_key\s*:/.test(configs) ? read : ["LITELLM_MASTER_KEY", ...read]);
}

/** The variables that the templates of Traefik's file provider read: see {@link neededBy}. */
function neededByTraefik(folder: string, services: readonly ServiceNode[]): ReadonlyMap<string, readonly string[]> {
  const traefik = serviceOf("traefik", services, ({ outline }) => outline);
  if (traefik === undefined) return new Map();
  const read = yamlTexts(folder).matchAll(/\{\{[^}]*?\benv\s+["`](\w+)["`]/g);
  return neededBy(
    traefik,
    folder,
    [...read].flatMap(([, name]) => name ?? []),
  );
}

/**
 * The variables that a service needs, by the env file of it that is missing and may set them: the ones that its example leaves
 * empty, where it has one. Under an empty text where there is no example.
 */
function neededBy(
  { node, home }: ServiceNode,
  folder: string,
  names: readonly string[],
): ReadonlyMap<string, readonly string[]> {
  const missing = missingEnvFiles(node, folder, home);
  if (missing.length === 0) return new Map();
  const elsewhere = new Set(environmentNames(node));
  const own = [...new Set(names)].filter((name) => !elsewhere.has(name));
  const examples = missing.flatMap(({ path, hasExample }) => {
    const text = hasExample ? envTextAt(path)?.text : undefined;
    return text === undefined ? [] : [{ path, text }];
  });
  const filled = new Set(examples.flatMap(({ text }) => filledNames(text)));
  const open = own.filter((name) => !filled.has(name));
  if (examples.length < missing.length) return new Map([["", open]]);
  return new Map(
    examples.flatMap(({ path, text }, index) => {
      const empty = emptyNames(text);
      // What no example has is in the last one.
      const isLast = index === examples.length - 1;
      const here = [
        ...open.filter((name) => empty.includes(name) || isLast),
        ...empty.filter((name) => /^(?:LITELLM_)?(?:MASTER|SALT)_KEY$/.test(name)),
      ];
      return here.length === 0 ? [] : [[path, [...new Set(here)]] as const];
    }),
  );
}

function mergedNames(all: readonly ReadonlyMap<string, readonly string[]>[]): Map<string, readonly string[]> {
  const merged = new Map<string, readonly string[]>();
  for (const [path, names] of all.flatMap((one) => [...one]))
    merged.set(path, [...new Set([...(merged.get(path) ?? []), ...names])]);
  return merged;
}

/** Variables that would be LiteLLM's example of a master key, by compose's default or by an example: 1.106.2 refuses it. */
function refusedKeys(services: readonly ServiceNode[], main: EnvText | undefined): string[] {
  const litellm = serviceOf("litellm", services, ({ outline }) => outline);
  const version = imageVersion(litellm?.outline.image ?? "");
  const isKept = main !== undefined && !main.isExample;
  if (litellm === undefined || isKept || (version !== undefined && !atLeast(version, "1.106.2"))) return [];
  const written = environmentText(litellm.node, "LITELLM_MASTER_KEY") ?? "";
  const [, byDefault] = new RegExp(`^\\$\\{(\\w+):?-${wellKnownKey}\\}$`).exec(written) ?? [];
  const isSet = byDefault === undefined || filledNames(main?.text ?? "").includes(byDefault);
  return [...new Set([...(isSet ? [] : [byDefault]), ...wellKnownNames(main?.text ?? "")])];
}

/** Variables that are empty by compose's default, and that give LiteLLM's config what it reads: the host sets those in use. */
function emptyByDefault(folder: string, services: readonly ServiceNode[], main: EnvText | undefined): string[] {
  const litellm = serviceOf("litellm", services, ({ outline }) => outline);
  const filled = filledNames(main?.text ?? "");
  if (litellm === undefined) return [];
  const found = variablesRead(yamlTexts(folder)).flatMap((name) => {
    const [, variable] = /^\$\{(\w+):?-\}$/.exec(environmentText(litellm.node, name) ?? "") ?? [];
    return variable === undefined || filled.includes(variable) ? [] : [variable];
  });
  return [...new Set(found)];
}

/** All YAML files of the folder, without the lines that are comments. */
function yamlTexts(folder: string): string {
  const files = filesBelow(folder).filter((file) => /\.ya?ml$/i.test(file));
  return files.map((file) => readFileSync(file, "utf8").replaceAll(/^[ \t]*#.*$/gm, "")).join("\n");
}

/** The variables that LiteLLM's configs read. */
function variablesRead(configs: string): string[] {
  return [...configs.matchAll(/os\.environ\/([A-Za-z_]\w*)/g)].flatMap(([, name]) => name ?? []);
}

function environmentText(service: YamlNode, name: string): string | undefined {
  const environment = nodeAt(service, "environment");
  if (environment?.kind === "map") return textOf(nodeAt(environment, name));
  const items = environment?.kind === "list" ? environment.items.flatMap((item) => textOf(item) ?? []) : [];
  return items.find((item) => item.startsWith(`${name}=`))?.slice(name.length + 1);
}

function environmentNames(service: YamlNode): string[] {
  const environment = nodeAt(service, "environment");
  if (environment?.kind === "map") return [...environment.entries.keys()];
  return (environment?.kind === "list" ? environment.items : []).flatMap((item) => textOf(item)?.split("=")[0] ?? []);
}

/** Copies of what LiteLLM and Traefik mount from the host. */
function copiesOf(
  folder: string,
  services: readonly ServiceNode[],
  filled: (text: string) => string,
): Map<string, Stated<string>> {
  const copies = new Map<string, Stated<string>>();
  for (const { node, outline, home, volumes } of services) {
    if (roleSigns(outline, "litellm") === 0 && roleSigns(outline, "traefik") === 0) continue;
    for (const mount of missingMounts(node, folder, home, filled, volumes)) {
      const wanted = pathsInCommand(outline.command);
      const isConfig = roleSigns(outline, "litellm") > 0 && wanted.includes(mount.target);
      const copy = copyInFolder(mount, folder, wanted) ?? (isConfig ? onlyConfig(folder) : undefined);
      if (copy === undefined || existsSync(mount.path)) continue;
      const path = policyPath(folder, mount.path);
      copies.set(path, {
        value: `./${copy}`,
        questions: [`is ${copy} a copy of ${path}, which is not in this folder?`],
      });
    }
    if (roleSigns(outline, "litellm") === 0) continue;
    const named = [
      ...pathsInCommand(outline.command),
      ...pathsInCommand(environmentText(node, "CONFIG_FILE_PATH") ?? ""),
    ];
    for (const path of filesInVolumes(node, named, volumes)) {
      const copy = copyInFolder({ path, target: path }, folder, []) ?? onlyConfig(folder);
      if (copy === undefined) continue;
      copies.set(path, {
        value: `./${copy}`,
        questions: [`is ${copy} a copy of ${path}, in a volume that no file of the folder fills?`],
      });
    }
  }
  return copies;
}

/** Copies of the configs that were made outside of compose and that services have, by the names of their targets. */
function externalCopies(folder: string, root: YamlNode, services: readonly ServiceNode[]): Map<string, Stated<string>> {
  const copies = new Map<string, Stated<string>>();
  for (const { node } of services) {
    const configs = nodeAt(node, "configs");
    for (const item of configs?.kind === "list" ? configs.items : []) {
      const source = textOf(item) ?? textOf(nodeAt(item, "source")) ?? "";
      const declared = nodeAt(root, "configs", source);
      const external = nodeAt(declared, "external");
      const target = textOf(nodeAt(item, "target"));
      if (external === undefined || target === undefined) continue;
      const written = textOf(nodeAt(declared, "name")) ?? textOf(nodeAt(external, "name")) ?? source;
      const name = written.replaceAll(/\$\{\w+:?-([^}]*)\}/g, "$1");
      const copy = copyInFolder({ path: target, target }, folder, []);
      if (copy === undefined || name.includes("$")) continue;
      copies.set(name, { value: `./${copy}`, questions: [`is ${copy} the external config ${name}?`] });
    }
  }
  return copies;
}

/** Copies of the configs whose files are missing, by the names of the files. */
function configCopies(folder: string, home: string, root: YamlNode): Map<string, Stated<string>> {
  return new Map(
    missingFiles(root, "configs", folder, home).flatMap(({ path }) => {
      const copy = copyInFolder({ path, target: path }, folder, []);
      if (copy === undefined) return [];
      const stated = policyPath(folder, path);
      const questions = [`is ${copy} a copy of ${stated}, which is not in this folder?`];
      return [[stated, { value: `./${copy}`, questions }] as const];
    }),
  );
}

function wordsOf(node: YamlNode | undefined): string[] {
  if (node?.kind === "list") return node.items.flatMap((item) => textOf(item) ?? []);
  return [textOf(node)].flatMap((text) => text ?? []);
}

function textOf(node: YamlNode | undefined): string | undefined {
  return node?.kind === "scalar" && node.value !== null ? String(node.value) : undefined;
}
