import { existsSync, readFileSync } from "node:fs";
import { posix } from "node:path";
import type { ComposeService, ServiceFile } from "../compose/types.ts";
import { dockerfileOf } from "../services/build-outline.ts";
import type { FaultList } from "../source/fault-list.ts";
import { isFile } from "../source/is-file.ts";
import type { SourceLocation, Written } from "../source/location.ts";
import type { NoteList } from "../source/note-list.ts";
import { readSource, SourceFile } from "../source/source-file.ts";
import type { StartCommand } from "./start-command.ts";
import type { ConfigFinding } from "./types.ts";
import { fixOfMissing, hasMistypedOption, noteMissingConfig, noteUnreadConfig } from "./unread-config.ts";

/** A file in LiteLLM's container that the deployment has. */
export interface ContainerFile {
  /** Absolute path in the container. */
  inContainer: string;
  /** Undefined when it can't be read; the reason is then a fault. */
  source: SourceFile | undefined;
}

/**
 * Where LiteLLM finds its config: a file, `"none"` where it runs without one, the finding where it does so although the deployment
 * has or names one, `"unknown"` where no file of the deployment is it.
 */
export type FoundConfig =
  | { inContainer: string; location: SourceLocation }
  | { unread: ConfigFinding }
  | "none"
  | "unknown";

/**
 * LiteLLM's config. `CONFIG_FILE_PATH` counts before `--config`; where it names no file, LiteLLM starts without a config.
 * Source: litellm 1.77.1 and 1.106.2, proxy/proxy_server.py, `proxy_startup_event`.
 *
 * @returns undefined when LiteLLM would refuse to start, which is then a fault
 */
export function findLiteLLMConfig(
  service: ComposeService,
  start: StartCommand,
  { faults, notes }: { faults: FaultList; notes: NoteList },
): FoundConfig | undefined {
  const option = optionOf(start.words, ["--config", "-c"]);
  const variable = start.environment.get("CONFIG_FILE_PATH");
  const absolute = (path: string): string => posix.resolve(service.workingDir ?? "/app", path);
  if (variable !== undefined) {
    const inContainer = absolute(variable.value);
    if (option !== undefined && absolute(option.value) !== inContainer) {
      notes.add(
        "finding",
        option.location,
        `--config names ${option.value}, and CONFIG_FILE_PATH names ${variable.value}`,
        "LiteLLM reads the settings and servers of CONFIG_FILE_PATH only",
        "name one file",
      );
    }
    if (isIn(service, inContainer)) return { inContainer, location: variable.location };
    if (noteVolume(service, { inContainer, location: variable.location }, notes)) return "unknown";
    return { unread: noteMissingConfig(service, { value: inContainer, location: variable.location }, notes) };
  }
  if (option === undefined) {
    if (hasMistypedOption(service, start, faults)) return undefined;
    const unread = noteUnreadConfig(service, start, notes);
    return unread === undefined ? "none" : { unread };
  }
  const inContainer = absolute(option.value);
  if (isIn(service, inContainer)) return { inContainer, location: option.location };
  if (noteVolume(service, { inContainer, location: option.location }, notes)) return "unknown";
  const script = ownScript(service);
  if (script !== undefined) {
    notes.add(
      "not-proved",
      option.location,
      `LiteLLM's config ${inContainer} is made by ${script}, when the container starts`,
      "what it will say is in no file, so its servers and models are unknown to the suite",
      `mount it as the script makes it: ./litellm/config.yaml:${inContainer}:ro`,
    );
    return "unknown";
  }
  if (service.build !== undefined && option.location.file === dockerfileOf(service.build)) {
    notes.add(
      "not-proved",
      option.location,
      `LiteLLM's config ${inContainer} is in the image, and no COPY of the Dockerfile says from where`,
      "its servers and models are unknown to the suite",
      `mount it: ./litellm/config.yaml:${inContainer}:ro`,
    );
    return "unknown";
  }
  const volume = service.mounts.find(({ kind, target }) => kind === "volume" && target === inContainer);
  if (volume !== undefined) {
    faults.add(
      volume.location,
      `the volume '${volume.source}' is mounted on LiteLLM's config ${inContainer}, and a volume is a directory`,
      `mount the file: ./litellm/config.yaml:${inContainer}:ro`,
    );
    return undefined;
  }
  faults.add(
    option.location,
    `LiteLLM's config ${inContainer} is not in the container of '${service.name}': neither a bind mount, a config of compose, nor its Dockerfile has it`,
    fixOfMissing(service, inContainer),
  );
  return undefined;
}

/** Notes that a config is in a volume, which something else fills: a git-sync, an editor, the operator by hand. */
function noteVolume(
  service: ComposeService,
  { inContainer, location }: { inContainer: string; location: SourceLocation },
  notes: NoteList,
): boolean {
  const volume = volumeOf(service, inContainer);
  if (volume === undefined) return false;
  const inVolume = posix.join(volume.source, posix.relative(volume.target, inContainer));
  notes.add(
    "not-proved",
    location,
    `LiteLLM's config ${inContainer} is in the volume '${volume.source}', whose content is in no file`,
    "its servers and models are unknown to the suite",
    `add '${inVolume}: ./config.yaml' under 'files:' in policy.yaml, with the path of a copy`,
  );
  return true;
}

/** The volume that a file in the container is in; undefined for one of a bind mount or of the image. */
export function volumeOf(service: ComposeService, inContainer: string): ComposeService["mounts"][number] | undefined {
  const mount = mountOf(service, inContainer);
  return mount?.kind === "volume" && mount.target !== inContainer ? mount : undefined;
}

/** A script of the operator's that starts LiteLLM, and may write files before. */
function ownScript(service: ComposeService): string | undefined {
  const { entrypoint = [] } = service;
  const script = entrypoint.find(
    (word) => /\.(?:sh|py)$/.test(word) || (word.startsWith("/") && isFile(presentFile(service, word))),
  );
  return script === undefined || /\/docker\/(?:prod_)?entrypoint\.sh$/.test(script) ? undefined : script;
}

/** The deployment's file behind a path in the container; undefined when no mount, config or Dockerfile has it. */
export function fileIn(service: ComposeService, inContainer: string, faults: FaultList): ContainerFile | undefined {
  const given = service.files.find(({ target }) => target === inContainer);
  if (given !== undefined) return { inContainer, source: sourceOf(given, faults) };
  const file = presentFile(service, inContainer);
  if (file === undefined) return undefined;
  const at = mountOf(service, inContainer)?.location;
  const mount = at === undefined ? "the mount in the compose file" : `the mount (${at.file}:${at.line})`;
  return {
    inContainer,
    source: readSource(file, faults, `write it, correct ${mount}, or name a copy under 'files:' in policy.yaml`),
  };
}

/** The file on this machine behind a path in the container; undefined when it is on no bind mount. */
export function mountedFile(service: ComposeService, inContainer: string): string | undefined {
  const given = service.files.find(({ target }) => target === inContainer);
  if (given?.content.from === "file") return given.content.file;
  const mount = mountOf(service, inContainer);
  if (mount === undefined || mount.kind !== "bind") return undefined;
  const rest = inContainer.slice(mount.target.length).replace(/^\//, "");
  return rest === "" ? mount.source : `${mount.source}/${rest}`;
}

/** The mount that a path in the container is on; undefined where it is in the image. */
function mountOf({ mounts }: ComposeService, inContainer: string): ComposeService["mounts"][number] | undefined {
  return mounts
    .filter(({ target }) => inContainer === target || inContainer.startsWith(target === "/" ? "/" : `${target}/`))
    .toSorted((a, b) => b.target.length - a.target.length)[0];
}

/** Whether the deployment says that a file is in the container. A mounted file that is missing counts: that is a fault. */
export function isIn(service: ComposeService, inContainer: string): boolean {
  return service.files.some(({ target }) => target === inContainer) || presentFile(service, inContainer) !== undefined;
}

/**
 * The file on this machine behind a path in the container, mounted or copied by the service's Dockerfile; undefined for one of the
 * image's. A file that is mounted itself may be missing, which is a fault; one in a mounted directory is then not there.
 */
export function presentFile(service: ComposeService, inContainer: string): string | undefined {
  const mounted = mountedFile(service, inContainer);
  const isMount = service.mounts.some(({ target }) => target === inContainer);
  return mounted !== undefined && (isMount || existsSync(mounted)) ? mounted : undefined;
}

function sourceOf({ content, location }: ServiceFile, faults: FaultList): SourceFile | undefined {
  switch (content.from) {
    case "file":
      return readSource(content.file, faults, "write it, or fix its path in the compose file");
    case "text":
    case "variable":
      if (content.text !== undefined)
        return new SourceFile(location.file, content.text, firstLineOf(content.text, location));
      faults.add(
        location,
        "the variable that holds its content is not set",
        "set it in .env, or under 'variables:' of policy.yaml",
      );
      return undefined;
    case "external":
      faults.add(
        location,
        `the content of '${content.external}' is in none of these files: it was made outside of compose`,
        `add '${content.external}: ./COPY' under 'files:' in policy.yaml, with a copy of it`,
      );
      return undefined;
  }
}

/** The line of the compose file in which a text begins that is written into it. */
function firstLineOf(text: string, { file, line }: SourceLocation): number {
  const wanted = text.split("\n").findIndex((each) => each.trim() !== "");
  const first = text.split("\n")[wanted]?.trim();
  if (first === undefined || !existsSync(file)) return line;
  const lines = readFileSync(file, "utf8").split("\n");
  const at = lines.findIndex((each) => each.trim() === first);
  return at === -1 ? line : Math.max(1, at + 1 - wanted);
}

function optionOf(command: readonly Written<string>[], names: readonly string[]): Written<string> | undefined {
  for (const [index, word] of command.entries()) {
    const equals = word.value.indexOf("=");
    if (equals > 0 && names.includes(word.value.slice(0, equals)))
      return { value: word.value.slice(equals + 1), location: word.location };
    if (names.includes(word.value)) return command[index + 1];
  }
  return undefined;
}
