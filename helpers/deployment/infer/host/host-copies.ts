import { existsSync, readFileSync } from "node:fs";
import { basename, dirname, extname, isAbsolute, join, posix, relative, resolve } from "node:path";
import { fileOrExample } from "../../compose/environment/example-files.ts";
import { textOf } from "../../compose/loading/nodes.ts";
import { boundDevice } from "../../compose/loading/paths.ts";
import { liteLLMDotenv } from "../../compose/service/environment.ts";
import { nodeAt, type YamlNode } from "../../source/yaml-tree.ts";
import { composeFileNames, filesBelow, pathIn } from "../files/compose-files.ts";
import { withDefaults } from "./variable-references.ts";

/** A path of the host as a compose file has it, made absolute. */
export interface HostPath {
  /** Absolute; a home directory is `home/` in the deployment's folder. */
  path: string;
  /** As a policy in the folder names it: relative to the folder, except where the compose file has an absolute path outside of it. */
  stated: string;
  line: number;
}

/** A bind mount whose source is not in the deployment's folder. */
export interface MissingMount extends HostPath {
  /** In the container. */
  target: string;
}

/** The folder that stands for the home directory of the account that runs compose, relative to the deployment's. */
export function homeFolder(folder: string): string | undefined {
  return ["home", "HOME"].find((name) => existsSync(resolve(folder, name)));
}

/** A path as written in a compose file of a project; undefined where a variable other than HOME is in it. */
function hostPath(written: string, folder: string, project: string): Omit<HostPath, "line"> | undefined {
  const home = join(folder, homeFolder(folder) ?? "home");
  const text = written.replace(/^(?:\$HOME|\$\{HOME\}|~)(?=\/|$)/, home);
  if (text.includes("$")) return undefined;
  const path = resolve(project, text);
  return { path, stated: isAbsolute(text) ? policyPath(folder, path) : relativePath(folder, path) };
}

/** An env file that is not in the folder. */
export interface MissingEnvFile extends HostPath {
  /** Whether its example is. */
  hasExample: boolean;
}

/** The env files that a service needs and that are not there, with the one that LiteLLM reads by itself. */
export function missingEnvFiles(service: YamlNode, folder: string, project: string): MissingEnvFile[] {
  const node = nodeAt(service, "env_file");
  const items = node?.kind === "list" ? node.items : node === undefined ? [] : [node];
  const named = items.flatMap((item) => {
    const written = textOf(item.kind === "map" ? nodeAt(item, "path") : item);
    const required = item.kind === "map" ? nodeAt(item, "required") : undefined;
    const found = written === undefined ? undefined : hostPath(written, folder, project);
    if (found === undefined || (required?.kind === "scalar" && required.value === false)) return [];
    return [{ ...found, line: item.location.line }];
  });
  const mounted = missingMounts(service, folder, project, (text) => text).filter(
    ({ target }) => target === liteLLMDotenv,
  );
  const all = new Map([...named, ...mounted].map((file) => [file.path, file]));
  return [...all.values()].flatMap(({ path, stated, line }) => {
    const isWithin = path.startsWith(`${folder}/`);
    if (isWithin && existsSync(path)) return [];
    return [{ path, stated, line, hasExample: isWithin && fileOrExample(path) !== undefined }];
  });
}

/** A config or a secret of compose whose file is not in the folder. */
export interface MissingFile extends HostPath {
  name: string;
}

/** The `configs` or `secrets` of a compose file that are files, and that are not there. */
export function missingFiles(
  root: YamlNode,
  section: "configs" | "secrets",
  folder: string,
  project: string,
): MissingFile[] {
  const declared = nodeAt(root, section);
  if (declared?.kind !== "map") return [];
  return [...declared.entries].flatMap(([name, { value, keyLocation }]) => {
    const written = textOf(nodeAt(value, "file"));
    const found = written === undefined ? undefined : hostPath(written, folder, project);
    if (found === undefined || (found.path.startsWith(`${folder}/`) && existsSync(found.path))) return [];
    return [{ name, ...found, line: keyLocation.line }];
  });
}

/**
 * The only file of the folder that looks like LiteLLM's config, else the only template of one, relative to the folder;
 * undefined where none or several do.
 */
export function onlyConfig(folder: string): string | undefined {
  const files = filesBelow(folder);
  for (const name of [/\.ya?ml$/i, /\.ya?ml[.-](?:example|sample|template|dist)$/i]) {
    const found = files.filter(
      (file) => name.test(file) && /^(?:model_list|litellm_settings|mcp_servers)\s*:/m.test(readFileSync(file, "utf8")),
    );
    const [only] = found;
    if (only !== undefined) return found.length === 1 ? pathIn(folder, only) : undefined;
  }
  return undefined;
}

/**
 * The bind mounts of a service whose source is missing, or a path of the host outside of the folder.
 *
 * @param filled fills in the variables of a text
 * @param declared the `volumes` of its compose file: those that bind a directory of the host count too
 */
export function missingMounts(
  service: YamlNode,
  folder: string,
  project: string,
  filled: (text: string) => string,
  declared?: YamlNode,
): MissingMount[] {
  const volumes = nodeAt(service, "volumes");
  if (volumes?.kind !== "list") return [];
  return volumes.items.flatMap((item) => {
    const [written = "", target] =
      item.kind === "map"
        ? [withDefaults(filled(textOf(nodeAt(item, "source")) ?? "")), textOf(nodeAt(item, "target"))]
        : withDefaults(filled(textOf(item) ?? "")).split(":");
    const volume = nodeAt(declared, written);
    const device = volume === undefined ? undefined : boundDevice(volume);
    const source = device === undefined ? written : withDefaults(filled(device));
    if (target === undefined || !/^[./~$]/.test(source)) return [];
    const found = hostPath(source, folder, project);
    if (found === undefined || (found.path.startsWith(`${folder}/`) && existsSync(found.path))) return [];
    return [{ ...found, target, line: item.location.line }];
  });
}

/**
 * The files under `/run/secrets` that a service mounts from the host, and for which the folder has nothing: a script of the start
 * reads them.
 */
export function missingSecretMounts(
  service: YamlNode,
  folder: string,
  project: string,
  filled: (text: string) => string,
): MissingFile[] {
  return missingMounts(service, folder, project, filled).flatMap(({ path, stated, target, line }) =>
    /^\/(?:var\/)?run\/secrets\/[^/]+$/.test(target) &&
    !existsSync(path) &&
    copyInFolder({ path, target }, folder, []) === undefined
      ? [{ name: basename(target).replaceAll(/[^\w-]/g, "_"), path, stated, line }]
      : [],
  );
}

/**
 * The files in volumes that a service's command names, by the name of the volume and their path in it. What fills a volume (a
 * git-sync, an editor, the operator) is in no file.
 */
export function filesInVolumes(service: YamlNode, wanted: readonly string[], declared: YamlNode | undefined): string[] {
  const volumes = nodeAt(service, "volumes");
  if (volumes?.kind !== "list") return [];
  return volumes.items.flatMap((item) => {
    const [name = "", target = ""] =
      item.kind === "map"
        ? [textOf(nodeAt(item, "source")), textOf(nodeAt(item, "target"))]
        : (textOf(item) ?? "").split(":");
    const volume = nodeAt(declared, name);
    if (target === "" || (volume !== undefined && boundDevice(volume) !== undefined)) return [];
    if (declared?.kind !== "map" || !declared.entries.has(name)) return [];
    return wanted.filter((file) => file.startsWith(`${target}/`)).map((file) => `${name}${file.slice(target.length)}`);
  });
}

/**
 * What the folder has for a path of the host: the file with the same name, or its template; for a directory, the one with
 * the file or the directory in it that a program reads by its command, else the one with the target's name. Of several the one whose
 * path is the most alike.
 *
 * @param wanted paths in the container that the service's command names
 * @returns relative to the folder
 */
export function copyInFolder(
  { path, target }: Pick<MissingMount, "path" | "target">,
  folder: string,
  wanted: readonly string[],
): string | undefined {
  const all = filesBelow(folder).map((file) => pathIn(folder, file));
  if (extname(target) !== "" || extname(path) !== "") {
    const found = [basename(path), basename(target)]
      .flatMap((name) => [
        all.filter((file) => basename(file) === name),
        all.filter((file) => isTemplateOf(basename(file), name)),
      ])
      .map((files) => files.filter((file) => !isComposeFile(join(folder, file))))
      .find((files) => files.length > 0);
    return closest(found ?? [], path);
  }
  const inside = wanted.filter((file) => file.startsWith(`${target}/`)).map((file) => file.slice(target.length + 1));
  const byCommand = inside.flatMap((rest) => [
    ...all.filter((file) => file === rest || file.endsWith(`/${rest}`)).map((file) => file.slice(0, -rest.length - 1)),
    ...withDirectory(rest, all),
  ]);
  const name = basename(target);
  // What a program writes is in no git.
  const isWritten = name === "data" || /^\/(?:var|tmp|run)\/|\/\.(?:config|cache|local)\//.test(target);
  const named = all.flatMap((file) => {
    const at = `/${file}`.lastIndexOf(`/${name}/`);
    const directory = file.slice(0, at + name.length);
    return at === -1 || isWritten || isProject(join(folder, directory)) ? [] : directory;
  });
  return closest(
    (byCommand.length > 0 ? byCommand : named).map((one) => (one === "" ? "." : one)),
    path,
  );
}

/** The directories with configuration in a directory of their own that a command names: `conf` for `dynamic/` and `conf/dynamic/a.yml`. */
function withDirectory(written: string, all: readonly string[]): string[] {
  const name = written.replace(/\/+$/, "");
  if (name === "" || extname(name) !== "") return [];
  return all.flatMap((file) => {
    const at = `/${file}`.lastIndexOf(`/${name}/`);
    return at === -1 || !/\.(?:ya?ml|toml)$/i.test(file) ? [] : file.slice(0, Math.max(0, at - 1));
  });
}

/** Whether a file is one that compose reads, which may have the name of a program's configuration: `stacks/traefik.yml`. */
function isComposeFile(file: string): boolean {
  return /\.ya?ml$/i.test(file) && /^services[ \t]*:/m.test(readFileSync(file, "utf8"));
}

/** Whether a directory has a compose file: it is mounted into no service. */
function isProject(directory: string): boolean {
  return composeFileNames.some((name) => existsSync(join(directory, name)));
}

/** Whether a file's name is another one with `example`, `template` or the like in it. */
export function isTemplateOf(name: string, wanted: string): boolean {
  const plain = plainName(name);
  return plain !== name && plain === wanted;
}

/** A file's name without what says that it is a template. */
export function plainName(name: string): string {
  return name.replace(/[.-](?:example|sample|template|tmpl|tpl|dist)(?=\.|$)/, "");
}

/** The absolute paths among the words of a service's command and entrypoint. */
export function pathsInCommand(command: string): string[] {
  return [...command.matchAll(/(?:^|[\s=])(\/[^\s"']+)/g)].flatMap(([, path]) => path ?? []);
}

/** Of several paths the one that shares most names at its end with another; of equals the shortest. */
function closest(paths: readonly string[], other: string): string | undefined {
  const shared = (path: string): number => {
    let [one, two, count] = [path, other, 0];
    while (basename(one) === basename(two) && basename(one) !== "")
      [one, two, count] = [dirname(one), dirname(two), count + 1];
    return count;
  };
  return paths.toSorted((a, b) => shared(b) - shared(a) || a.length - b.length)[0];
}

/** A path as a policy in the folder names it: relative within the folder. */
export function policyPath(folder: string, path: string): string {
  return path.startsWith(`${folder}/`) ? relativePath(folder, path) : path;
}

/** A path relative to the folder, also where it leads out of it: `./litellm/.env`, `../../secrets/key`. */
function relativePath(folder: string, path: string): string {
  const steps = posix.normalize(relative(folder, path));
  return /^\.\.(?:\/|$)/.test(steps) ? steps : `./${steps}`;
}
