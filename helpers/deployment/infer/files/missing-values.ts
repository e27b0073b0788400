import { existsSync, readFileSync } from "node:fs";
import { dirname, isAbsolute, join, resolve } from "node:path";
import { FaultList } from "../../source/fault-list.ts";
import { readSource } from "../../source/source-file.ts";
import { mapTexts, nodeAt, parseYaml, type YamlNode } from "../../source/yaml-tree.ts";
import { filesBelow, pathIn } from "./compose-files.ts";

/** What the compose files take from the host and no file gives that compose reads by itself. */
export interface MissingValues {
  /** By name. */
  variables: ReadonlyMap<string, VariableUse>;
  /** An env file below the folder that sets some of them, relative to it; without `.example`. */
  envFile: string | undefined;
  /** Env files outside of the folder, by absolute path on the host. */
  envFiles: readonly string[];
}

/** The first use of a variable. */
interface VariableUse {
  /** Relative to the deployment's folder, with the line. */
  at: string;
  /** Whether a path begins with it. */
  isPath: boolean;
  /** Whether compose refuses to start without it (`${X:?message}`). */
  isRequired: boolean;
}

/** A reference in a compose file: `$X`, `${X}`, `${X:-default}`, `${X:?message}`; `$$` is a dollar sign. */
const reference = /\$(?:\$|\{([A-Za-z_]\w*)(?:(:?[-?+])[^}]*)?\}|([A-Za-z_]\w*))/g;

/**
 * What the compose files of some projects take from the host.
 *
 * @param folder the deployment's folder
 * @param projects the files of each project, absolute paths, in compose's order
 */
export function missingValues(folder: string, projects: readonly (readonly string[])[]): MissingValues {
  const variables = new Map<string, VariableUse>();
  const envFiles = new Set<string>();
  for (const files of projects) {
    const known = knownVariables(folder, files[0] ?? folder);
    for (const file of files) {
      const root = treeOf(file);
      if (root === undefined) continue;
      for (const { name, use } of referencesIn(root, pathIn(folder, file)))
        if (!known.has(name) && !variables.has(name)) variables.set(name, use);
      for (const path of envFilesOf(root)) if (isAbsolute(path) && !existsSync(path)) envFiles.add(path);
    }
  }
  const envFile = envFileFor(folder, [...variables.keys()]);
  for (const name of envFile?.names ?? []) variables.delete(name);
  return { variables, envFile: envFile?.file, envFiles: [...envFiles] };
}

/** The env file below a folder that sets most of some variables. */
function envFileFor(folder: string, wanted: readonly string[]): { file: string; names: readonly string[] } | undefined {
  const candidates = filesBelow(folder)
    .filter((file) => /(?:^|[./])env(?:\.example)?$/.test(pathIn(folder, file)))
    .map((file) => {
      const names = new Set(variableNames(readFileSync(file, "utf8")));
      return { file: pathIn(folder, file).replace(/\.example$/, ""), names: wanted.filter((name) => names.has(name)) };
    });
  return candidates.toSorted((a, b) => b.names.length - a.names.length).find(({ names }) => names.length > 0);
}

function treeOf(file: string): YamlNode | undefined {
  const faults = new FaultList();
  const source = readSource(file, faults, "write it");
  return source && parseYaml(source, faults);
}

function referencesIn(root: YamlNode, file: string): { name: string; use: VariableUse }[] {
  const found: { name: string; use: VariableUse }[] = [];
  mapTexts(root, (text, { location }) => {
    for (const { 1: braced, 2: operator = "", 3: bare, index, 0: whole } of text.matchAll(reference)) {
      const name = braced ?? bare;
      if (name === undefined) continue;
      const isPath = index === 0 && text[whole.length] === "/";
      if (operator === "" || operator.includes("?"))
        found.push({ name, use: { at: `${file}:${location.line}`, isPath, isRequired: operator !== "" } });
    }
    return text;
  });
  return found;
}

/** The names in the env files that compose reads for interpolation; an example counts as the file. */
function knownVariables(folder: string, firstFile: string): Set<string> {
  const files = [join(dirname(firstFile), ".env"), join(folder, ".env"), join(folder, "litellm.env")];
  const texts = files.flatMap((file) => [file, `${file}.example`].filter((path) => existsSync(path)).slice(0, 1));
  return new Set(texts.flatMap((file) => variableNames(readFileSync(file, "utf8"))));
}

/** The names that an env file's text sets. */
export function variableNames(text: string): string[] {
  return [...text.matchAll(/^\s*(?:export\s+)?([A-Za-z_]\w*)\s*[=:]/gm)].flatMap(([, name]) => name ?? []);
}

function envFilesOf(root: YamlNode): string[] {
  const services = nodeAt(root, "services");
  if (services?.kind !== "map") return [];
  return [...services.entries.values()].flatMap(({ value }) => {
    const node = nodeAt(value, "env_file");
    const items = node?.kind === "list" ? node.items : node === undefined ? [] : [node];
    return items.flatMap((item) => {
      const path = item.kind === "map" ? nodeAt(item, "path") : item;
      return path?.kind === "scalar" && typeof path.value === "string" && !path.value.includes("$") ? path.value : [];
    });
  });
}

/** The folder that stands for the home directory of the account that runs compose, relative to the deployment's. */
export function homeFolder(folder: string): string | undefined {
  return ["home", "HOME"].find((name) => existsSync(resolve(folder, name)));
}
