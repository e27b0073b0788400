import { readFileSync } from "node:fs";
import { join, posix } from "node:path";
import { displayPath } from "../../core/text/display-path.ts";
import { mistyped, nearest } from "../../core/text/nearest.ts";
import type { ComposeService } from "../compose/types.ts";
import { isOfficialLiteLLMImage } from "../services/build-outline.ts";
import type { FaultList } from "../source/fault-list.ts";
import { isFile } from "../source/is-file.ts";
import type { SourceLocation } from "../source/location.ts";
import type { NoteList } from "../source/note-list.ts";
import type { StartCommand } from "./start-command.ts";

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

/** How to bring LiteLLM's config to where LiteLLM looks for it: a config that is mounted under a similar name comes first. */
export function fixOfMissing({ mounts }: ComposeService, inContainer: string): string {
  const configs = configsIn(mounts);
  const names = configs.map((config) => config.inContainer);
  const near = configs.length === 1 ? names[0] : nearest(inContainer, names);
  const found = configs.find((config) => config.inContainer === near);
  if (found === undefined) return `mount it: ./litellm/config.yaml:${inContainer}:ro`;
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
 *
 * @returns whether there is such a file
 */
export function noteUnreadConfig(service: ComposeService, { environment }: StartCommand, notes: NoteList): boolean {
  if (!startsByItsImage(service)) return false;
  const [unread] = configsIn(service.mounts);
  if (unread === undefined) return false;
  const { inContainer } = unread;
  const named = [...environment].find(([, { value }]) => value === inContainer);
  notes.add(
    "finding",
    named?.[1].location ?? unread.location,
    named === undefined
      ? `${inContainer} looks like LiteLLM's config, and nothing tells LiteLLM to read it`
      : `${named[0]} names ${inContainer}, and LiteLLM has no such variable`,
    "LiteLLM starts without a config then, and does not say so: its models and servers are missing",
    `add command: ["--config", "${inContainer}"], or the variable CONFIG_FILE_PATH`,
    "stops",
  );
  return true;
}

/** A file in the container that looks like LiteLLM's config. */
interface MountedConfig {
  inContainer: string;
  /** Of its mount. */
  location: SourceLocation;
}

/** The files that are mounted alone, or in a directory under a usual name, and look like LiteLLM's config. */
function configsIn(mounts: ComposeService["mounts"]): MountedConfig[] {
  const usual = ["config.yaml", "config.yml", "litellm_config.yaml", "litellm-config.yaml"];
  return mounts.flatMap(({ kind, source, target, location }) => {
    if (kind !== "bind") return [];
    const files = [
      ...(/\.ya?ml$/.test(target) ? [{ file: source, inContainer: target }] : []),
      ...usual.map((name) => ({ file: join(source, name), inContainer: posix.join(target, name) })),
    ];
    return files.flatMap(({ file, inContainer }) => (looksLikeConfig(file) ? [{ inContainer, location }] : []));
  });
}

function looksLikeConfig(file: string): boolean {
  if (!isFile(file)) return false;
  return /^(?:model_list|mcp_servers|litellm_settings|general_settings|router_settings|litellm)\s*:/m.test(
    readFileSync(file, "utf8"),
  );
}
