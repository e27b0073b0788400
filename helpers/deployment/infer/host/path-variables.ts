import { dirname, join, relative, resolve } from "node:path";
import { fileOrExample } from "../../compose/environment/example-files.ts";
import { textOf } from "../../compose/loading/nodes.ts";
import { mayBeData } from "../../compose/service/mounts.ts";
import { mapTexts, nodeAt, type YamlNode } from "../../source/yaml-tree.ts";
import { filesBelow } from "../files/compose-files.ts";
import { copyInFolder } from "./host-copies.ts";
import { variableReferences } from "./variable-references.ts";
import type { VariableUse } from "./variable-uses.ts";

/** A path of the host that begins with a variable. */
interface VariablePath {
  /** What follows the variable; empty where the variable is the whole path. */
  rest: string;
  /** Whether the operator writes it: docker makes a directory for data, but no file. */
  isWritten: boolean;
}

/**
 * The directories for variables that begin paths and that no file sets: those of the folder that have each file that the compose
 * files look for below them. Where none has them all, an absolute path: what is missing then is on the gateway host, and not a
 * fault of the files.
 *
 * @param uses the variables without a value
 * @param folder absolute path of the deployment's folder
 * @param outside those that are to be absolute in any case
 * @returns as a policy has them: relative to the folder, or absolute
 */
export function pathVariables(
  uses: Iterable<readonly [string, Pick<VariableUse, "role">]>,
  folder: string,
  roots: readonly YamlNode[],
  outside: ReadonlySet<string>,
): Map<string, string> {
  return new Map(
    [...uses].flatMap(([name, { role }]): [string, string][] => {
      if (name === "HOME" || (role.kind !== "path" && role.kind !== "mount")) return [];
      const paths = roots.flatMap((root) => pathsWith(name, root));
      const isWhole = role.kind === "mount" && paths.every(({ rest }) => rest === "");
      const found = isWhole ? copyFor(name, role.target, folder, paths) : directoryOf(paths, folder);
      return [[name, (outside.has(name) ? undefined : found) ?? `/${slug(name)}`]];
    }),
  );
}

/** What the folder has for a variable that is all of a mount's source; a directory that docker makes where that is for data. */
function copyFor(name: string, target: string, folder: string, paths: readonly VariablePath[]): string | undefined {
  const copy = copyInFolder({ path: target, target }, folder, []);
  if (copy === undefined && paths.some(({ isWritten }) => isWritten)) return undefined;
  return `./${copy ?? slug(name)}`;
}

/** The directory that has every file; undefined where none has. Of several the one with the most directories for data. */
function directoryOf(paths: readonly VariablePath[], folder: string): string | undefined {
  const directories = new Set([folder, ...filesBelow(folder).flatMap((file) => directoriesAbove(file, folder))]);
  const isThere = (directory: string, { rest }: VariablePath): boolean =>
    fileOrExample(join(directory, rest)) !== undefined;
  const [best] = [...directories]
    .filter((directory) => paths.every((path) => !path.isWritten || isThere(directory, path)))
    .map((directory) => ({
      value: relativeTo(folder, directory),
      count: paths.filter((path) => isThere(directory, path)).length,
    }))
    .toSorted((a, b) => b.count - a.count || a.value.length - b.value.length);
  return best?.value;
}

function slug(name: string): string {
  return name.toLowerCase().replaceAll("_", "-");
}

/**
 * A compose file's tree with absolute paths in place of the variables that begin paths. Those with a default keep it.
 *
 * @param values as {@link pathVariables} returns them
 */
export function withPaths(root: YamlNode, folder: string, values: ReadonlyMap<string, string>): YamlNode {
  return mapTexts(root, (text) => {
    const [first] = variableReferences(text);
    if (first === undefined || first.start > 0 || /[-+]$/.test(first.operator ?? "")) return text;
    const value = values.get(first.variable);
    return value === undefined ? text : `${resolve(folder, value)}${text.slice(first.end)}`;
  });
}

function directoriesAbove(file: string, folder: string): string[] {
  const above = dirname(file);
  return above === folder || above === dirname(above) ? [] : [above, ...directoriesAbove(above, folder)];
}

/** A directory as a policy has it: without `./` in front, a value is a text and no path. */
function relativeTo(folder: string, directory: string): string {
  return `./${relative(folder, directory)}`;
}

/** The paths of a compose file that begin with a variable. */
function pathsWith(variable: string, root: YamlNode): VariablePath[] {
  const paths: VariablePath[] = [];
  const add = (text: string | undefined, mount?: { target?: string; readOnly?: boolean }): void => {
    const reference = variableReferences(text ?? "").find((one) => one.variable === variable && one.before === "");
    if (reference === undefined) return;
    const [rest = "", ofText = "", options = ""] = reference.after.split(":");
    const { target = ofText, readOnly = options.split(",").includes("ro") } = mount ?? {};
    const isWritten = mount === undefined || !mayBeData(rest, target, readOnly);
    if (!rest.includes("$")) paths.push({ rest, isWritten });
  };
  const services = nodeAt(root, "services");
  for (const { value: service } of services?.kind === "map" ? services.entries.values() : []) {
    for (const item of listAt(service, "volumes")) {
      if (item.kind !== "map") add(textOf(item), {});
      else {
        const readOnly = textOf(nodeAt(item, "read_only")) === "true";
        add(textOf(nodeAt(item, "source")), { target: textOf(nodeAt(item, "target")), readOnly });
      }
    }
    for (const item of listAt(service, "env_file"))
      if (textOf(nodeAt(item, "required")) !== "false") add(textOf(item) ?? textOf(nodeAt(item, "path")));
    add(textOf(nodeAt(service, "build")) ?? textOf(nodeAt(service, "build", "context")));
  }
  for (const section of ["configs", "secrets"]) {
    const declared = nodeAt(root, section);
    for (const { value } of declared?.kind === "map" ? declared.entries.values() : [])
      add(textOf(nodeAt(value, "file")));
  }
  return paths;
}

/** The items of a list, or the one value that stands for it. */
function listAt(node: YamlNode, name: string): readonly YamlNode[] {
  const found = nodeAt(node, name);
  return found?.kind === "list" ? found.items : found === undefined ? [] : [found];
}
