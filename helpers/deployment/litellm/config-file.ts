import { posix } from "node:path";
import { displayPath } from "../../core/text/display-path.ts";
import type { ComposeService } from "../compose/types.ts";
import type { FaultList } from "../source/fault-list.ts";
import type { SourceLocation, Written } from "../source/location.ts";
import type { NoteList } from "../source/note-list.ts";
import { configElsewhere, configOfContainer, configOfOwnImage } from "./config-elsewhere.ts";
import { noted } from "./config-gap.ts";
import { isIn, mountedFile, mountOf } from "./container-file.ts";
import { optionOf, type StartCommand } from "./start/start-command.ts";
import type { ConfigGap } from "./types.ts";
import { fixOfMissing, hasMistypedOption, missingConfig, unreadConfig } from "./unread-config.ts";

/** Where LiteLLM finds its config, `"none"` where it runs without one, or why no file of the deployment is it. */
export type FoundConfig = { inContainer: string; location: SourceLocation } | "none" | ConfigGap;

/**
 * LiteLLM's config. `CONFIG_FILE_PATH` counts before `--config`; where it names no file, LiteLLM starts without a config.
 * Source: litellm 1.77.1 and 1.106.2, proxy/proxy_server.py, `proxy_startup_event`.
 *
 * @param context with `folder`, the absolute path of the deployment's folder
 * @returns undefined when LiteLLM would refuse to start, which is then a fault
 */
export function findLiteLLMConfig(
  service: ComposeService,
  start: StartCommand,
  { folder, faults, notes }: { folder: string; faults: FaultList; notes: NoteList },
): FoundConfig | undefined {
  const { option, variable } = namesOfConfig(start);
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
    const elsewhere = configElsewhere(service, { inContainer, location: variable.location, folder });
    if (elsewhere !== undefined) return noted(elsewhere, notes);
    if (isIn(service, inContainer)) return { inContainer, location: variable.location };
    return noted(missingConfig(service, { inContainer, location: variable.location }), notes);
  }
  if (option === undefined) {
    if (hasMistypedOption(service, start, faults)) return undefined;
    const unread = unreadConfig(service, start) ?? configOfOwnImage(service);
    return unread === undefined ? "none" : noted(unread, notes);
  }
  const inContainer = absolute(option.value);
  const elsewhere = configElsewhere(service, { inContainer, location: option.location, folder });
  if (elsewhere !== undefined) return noted(elsewhere, notes);
  if (isIn(service, inContainer)) return { inContainer, location: option.location };
  const gap = configOfContainer(service, { inContainer, location: option.location });
  if (gap !== undefined) return noted(gap, notes);
  const volume = service.mounts.find(({ kind, target }) => kind === "volume" && target === inContainer);
  if (volume !== undefined) {
    faults.add(
      volume.location,
      `the volume '${volume.source}' is mounted on LiteLLM's config ${inContainer}, and a volume is a directory`,
      `mount the file: ./litellm/config.yaml:${inContainer}:ro`,
    );
    return undefined;
  }
  const mounted = mountOf(service, inContainer);
  const source = mountedFile(service, inContainer);
  if (mounted !== undefined && source !== undefined) {
    faults.add(
      option.location,
      `LiteLLM's config ${inContainer} is not in the directory that is mounted on ${mounted.target} (${displayPath(mounted.location.file)}:${mounted.location.line})`,
      fixOfMissing(service, inContainer, `write ${displayPath(source)}, or correct the path`),
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

/** What names LiteLLM's config: its command line, and its environment, which counts first. */
export function namesOfConfig({ words, environment }: Pick<StartCommand, "words" | "environment">): {
  option: Written<string> | undefined;
  variable: Written<string> | undefined;
} {
  return { option: optionOf(words, ["--config", "-c"]), variable: environment.get("CONFIG_FILE_PATH") };
}
