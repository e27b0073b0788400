import { existsSync } from "node:fs";
import { join, posix } from "node:path";
import type { ComposeService, Mount } from "../compose/types.ts";
import { isOfficialLiteLLMImage, outlineOf } from "../services/build-outline.ts";
import type { NoteList } from "../source/note-list.ts";
import { atLeast } from "./version.ts";

/** The entry point of LiteLLM's images since {@link firstVersion}. Source: litellm's Dockerfiles, and BerriAI/litellm #7587, #7649. */
const entryScript = "/app/docker/prod_entrypoint.sh";

/** Before it, the entry point was `litellm`, which is elsewhere. */
const firstVersion = "1.57.1";

/**
 * Reports a directory that is mounted over the script with which LiteLLM's image starts. A volume does not count: docker
 * fills an empty one with the image's files.
 */
export function noteHiddenEntryScript(service: ComposeService, version: string, notes: NoteList): void {
  if (!atLeast(version, firstVersion) || !startsByEntryScript(service)) return;
  const mount = mountOver(service);
  if (mount === undefined || existsSync(join(mount.source, posix.relative(mount.target, entryScript)))) return;
  notes.add(
    "finding",
    mount.location,
    `the directory on ${mount.target} hides ${entryScript}`,
    `LiteLLM's image starts with this script, which the directory does not have: the container does not start. ` +
      `The run copies the files into ${mount.target} instead, and starts`,
    "mount the single files, e.g. ./config.yaml:/app/config.yaml:ro",
    "stops",
  );
}

/** Whether a container needs the script: by its own command, or because the image's entry point counts. */
function startsByEntryScript({ image, build, entrypoint, command = [], workingDir = "/app" }: ComposeService): boolean {
  if (entrypoint !== undefined)
    return [...entrypoint, ...command].some((word) => posix.resolve(workingDir, word) === entryScript);
  if (build === undefined) return isOfficialLiteLLMImage(image?.value ?? "");
  const outline = outlineOf(build);
  return outline !== undefined && outline.entrypoint === undefined && isOfficialLiteLLMImage(outline.base ?? "");
}

/** The directory of the host that is mounted on one of the script's directories; undefined where its content is not known. */
function mountOver({ mounts }: ComposeService): Mount | undefined {
  const [mount] = mounts
    .filter(({ target, isInImage }) => isInImage !== true && entryScript.startsWith(`${target}/`))
    .toSorted((a, b) => b.target.length - a.target.length);
  return mount?.kind === "bind" && mount.isAvailable ? mount : undefined;
}
