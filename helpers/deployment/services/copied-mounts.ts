import { existsSync, readdirSync, realpathSync, statSync } from "node:fs";
import { join, posix, relative } from "node:path";
import type { ComposeBuild, Mount } from "../compose/types.ts";
import { isWithin } from "../source/host-files.ts";
import type { SourceLocation } from "../source/location.ts";
import type { DockerfileCopy } from "./dockerfile.ts";
import { type IgnoredFiles, ignoredFiles } from "./dockerignore.ts";

/**
 * What a Dockerfile copies from the build context, as mounts: where the image is not built, the run has the files all the same. Links
 * that lead out of the context are left out, as the engine does, and what `.dockerignore` names.
 */
export function copiedMounts(
  build: ComposeBuild,
  {
    copies,
    isOwnImage,
    locationOf,
  }: {
    copies: readonly DockerfileCopy[];
    /** Whether the Dockerfile builds on LiteLLM's own image. */
    isOwnImage: boolean;
    locationOf(line: number): SourceLocation;
  },
): Mount[] {
  const { context } = build;
  const own = isOwnImage ? "/app" : "/";
  const ignored = ignoredFiles(build);
  return copies.flatMap(({ source, target: written, workingDir = own, line }) => {
    const file = join(context, source);
    if (!existsSync(file) || !isWithin(realpathSync(file), realpathSync(context))) return [];
    const directory = posix.resolve(workingDir, written);
    const isInDirectory = statSync(file).isFile() && (/(?:^|\/)\.{0,2}$/.test(written) || directory === workingDir);
    const target = isInDirectory ? posix.join(directory, posix.basename(source)) : directory;
    const location = locationOf(line);
    return keptParts(file, relative(context, file), ignored).map((part) => ({
      kind: "bind",
      source: join(file, part),
      isAvailable: true,
      isInImage: true,
      target: posix.join(target, part),
      readOnly: false,
      location,
    }));
  });
}

/** What a Dockerfile copies by its name and `.dockerignore` leaves out of the build context: the engine then ends the build. */
export function ignoredCopies(build: ComposeBuild, copies: readonly DockerfileCopy[]): DockerfileCopy[] {
  const ignored = ignoredFiles(build);
  return copies.filter(({ source }) => {
    const file = join(build.context, source);
    const path = relative(build.context, file);
    if (path === "" || !ignored.has(path) || !existsSync(file)) return false;
    // An exception may keep a part of a directory.
    return !ignored.hasExceptions || statSync(file).isFile();
  });
}

/**
 * The parts of a file or a directory that are in the context, relative to it: it itself where nothing of it is left out.
 *
 * @param path its path in the context
 */
function keptParts(
  file: string,
  path: string,
  ignored: IgnoredFiles,
  isDirectory = statSync(file).isDirectory(),
): string[] {
  if (ignored.isEmpty) return [""];
  const isIgnored = path !== "" && ignored.has(path);
  if (!isDirectory || (isIgnored && !ignored.hasExceptions)) return isIgnored ? [] : [""];
  const parts = readdirSync(file, { withFileTypes: true }).map((entry) => ({
    name: entry.name,
    kept: keptParts(join(file, entry.name), posix.join(path, entry.name), ignored, entry.isDirectory()),
  }));
  const isWhole = !isIgnored && parts.every(({ kept }) => kept[0] === "");
  return isWhole ? [""] : parts.flatMap(({ name, kept }) => kept.map((part) => posix.join(name, part)));
}
