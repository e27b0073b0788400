import { posix } from "node:path";
import { displayPath } from "../../../core/text/display-path.ts";
import { nearest } from "../../../core/text/nearest.ts";
import type { Mount } from "../../compose/types.ts";
import type { SourceLocation, Written } from "../../source/location.ts";

/** Why the file provider has no files: what it would define is missing because of it. */
export interface MissingFiles {
  /** A clause. */
  what: string;
  location: SourceLocation;
  /** As an imperative. */
  fix: string;
}

/**
 * Why a container does not have what the file provider reads.
 *
 * @param path of `providers.file.directory` or `filename`, to which the deployment brings nothing
 * @param mounts of Traefik's container
 */
export function missingFiles(path: Written<string>, mounts: readonly Mount[]): MissingFiles {
  const wanted = posix.normalize(path.value);
  const over = mounts.find(({ target }) => wanted === target || wanted.startsWith(`${target.replace(/\/$/, "")}/`));
  if (over !== undefined)
    return {
      what: `${shown(over)}, mounted at ${over.target}, has no '${path.value}', which the file provider reads`,
      location: path.location,
      fix: "write the files there, or correct the mount or the path",
    };
  const similar = nearest(
    wanted,
    mounts.map(({ target }) => target),
  );
  const like = mounts.find(({ target }) => target === similar);
  return {
    what: `nothing is mounted at '${path.value}', which the file provider reads`,
    location: path.location,
    fix:
      like === undefined
        ? "mount the files there, or correct the path"
        : `write '${like.target}', where ${shown(like)} is mounted`,
  };
}

function shown({ kind, source }: Mount): string {
  return kind === "volume" ? `the volume ${source}` : displayPath(source);
}
