import { readdirSync, readFileSync, statSync } from "node:fs";
import { join, posix } from "node:path";
import { displayPath } from "../../core/text/display-path.ts";
import { mistyped, nearest } from "../../core/text/nearest.ts";
import type { ComposeService } from "../compose/types.ts";
import { isOfficialLiteLLMImage } from "../services/build-outline.ts";
import type { FaultList } from "../source/fault-list.ts";
import { isFile } from "../source/is-file.ts";
import type { SourceLocation } from "../source/location.ts";
import type { StartCommand } from "./start/start-command.ts";
import type { ConfigGap } from "./types.ts";

/** Whether the command has a mistyped `--config`, which is then a fault: LiteLLM's command line does not accept it. */
export function hasMistypedOption(service: ComposeService, { words }: StartCommand, faults: FaultList): boolean {
  if (!startsByItsImage(service)) return false;
  const found = words.find(({ value }) => mistyped(value.replace(/=.*$/s, ""), ["--config"]) !== undefined);
  if (found === undefined) return false;
  const written = found.value.replace(/=.*$/s, "");
  faults.add(
    found.location,
    `LiteLLM has no option '${written}', and does not start with it: it names LiteLLM's config`,
    "write '--config'",
  );
  return true;
}

/** The file which CONFIG_FILE_PATH names is not in the container. */
export function missingConfig(
  service: ComposeService,
  { inContainer, location }: { inContainer: string; location: SourceLocation },
): ConfigGap {
  return {
    state: "unread",
    location,
    what: `CONFIG_FILE_PATH names ${inContainer}, which is not mounted into '${service.name}'`,
    why: "LiteLLM starts without a config then, and does not say so",
    fix: fixOfMissing(service, inContainer),
  };
}

/**
 * How to bring LiteLLM's config to where LiteLLM looks for it: a config that is mounted under a similar name comes first.
 *
 * @param otherwise where none is
 */
export function fixOfMissing(
  { mounts }: ComposeService,
  inContainer: string,
  otherwise = `mount it: ./litellm/config.yaml:${inContainer}:ro`,
): string {
  const configs = configsIn(mounts);
  const names = configs.map((config) => config.inContainer);
  const near = configs.length === 1 ? names[0] : nearest(inContainer, names);
  const found = configs.find((config) => config.inContainer === near);
  if (found === undefined) return otherwise;
  const { file, line } = found.location;
  return `name ${near} here, where ${displayPath(file)}:${line} mounts a config of LiteLLM, or mount that on ${inContainer}`;
}

/** Whether the command's words are LiteLLM's own: the image's entrypoint passes them on. */
function startsByItsImage({ image, build, entrypoint }: ComposeService): boolean {
  return build === undefined && entrypoint === undefined && isOfficialLiteLLMImage(image?.value ?? "");
}

/**
 * A file in the container that looks like LiteLLM's config although nothing tells LiteLLM to read it: the official image
 * starts without a config then. Source: litellm's Dockerfile, `CMD ["--port", "4000"]`.
 */
export function unreadConfig(service: ComposeService, { environment }: StartCommand): ConfigGap | undefined {
  if (!startsByItsImage(service)) return undefined;
  const [unread] = configsIn(service.mounts, usualNames);
  if (unread === undefined) return undefined;
  const { inContainer } = unread;
  const named = [...environment].find(([, { value }]) => value === inContainer);
  return {
    state: "unread",
    location: named?.[1].location ?? unread.location,
    what:
      named === undefined
        ? `${inContainer} looks like LiteLLM's config, and nothing tells LiteLLM to read it`
        : `${named[0]} names ${inContainer}, and LiteLLM has no such variable`,
    why: "LiteLLM starts without a config then, and does not say so: its models and servers are missing",
    fix: `add command: ["--config", "${inContainer}"], or the variable CONFIG_FILE_PATH`,
  };
}

/** A file in the container that looks like LiteLLM's config. */
interface MountedConfig {
  inContainer: string;
  /** Of its mount. */
  location: SourceLocation;
}

const usualNames = ["config.yaml", "config.yml", "litellm_config.yaml", "litellm-config.yaml"];

/**
 * The files that look like LiteLLM's config, among those that are mounted alone and those in a mounted directory.
 *
 * @param names those that count in a directory; default: all of its YAML files
 */
function configsIn(mounts: ComposeService["mounts"], names?: readonly string[]): MountedConfig[] {
  return mounts.flatMap(({ kind, source, target, location }) => {
    if (kind !== "bind") return [];
    const files = [
      ...(isYaml(target) ? [{ file: source, inContainer: target }] : []),
      ...(names ?? yamlFilesOf(source)).map((name) => ({
        file: join(source, name),
        inContainer: posix.join(target, name),
      })),
    ];
    return files.flatMap(({ file, inContainer }) => (looksLikeConfig(file) ? [{ inContainer, location }] : []));
  });
}

function yamlFilesOf(folder: string): string[] {
  const isFolder = statSync(folder, { throwIfNoEntry: false })?.isDirectory() === true;
  return isFolder ? readdirSync(folder).filter(isYaml).toSorted() : [];
}

function isYaml(name: string): boolean {
  return /\.ya?ml$/.test(name);
}

function looksLikeConfig(file: string): boolean {
  if (!isFile(file)) return false;
  return /^(?:model_list|mcp_servers|litellm_settings|general_settings|router_settings|litellm)\s*:/m.test(
    readFileSync(file, "utf8"),
  );
}
