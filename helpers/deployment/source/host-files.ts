import { existsSync, realpathSync } from "node:fs";
import { posix, sep } from "node:path";

/** Where a file or directory of the gateway host is on this machine. */
export interface HostFile {
  /** Absolute path on this machine; the path on the host where it is not to be had. */
  path: string;
  /**
   * - `present` or `missing`: within what the deployment consists of.
   * - `outside`: a path of the host that nothing in the policy stands for.
   * - `leads-outside`: a symbolic link of the deployment that leads out of it.
   */
  state: "present" | "missing" | "outside" | "leads-outside";
}

/**
 * The files of the gateway host that this machine has: those of the deployment's folder, and what the policy names under
 * `files:` and `variables:`. Nothing else of this machine is read.
 */
export class HostFiles {
  /** Absolute path of the deployment's folder. */
  readonly folder: string;
  readonly #mapped: ReadonlyMap<string, string>;
  readonly #roots: readonly string[];

  /**
   * @param folder absolute path of the deployment's folder
   * @param mapped absolute path on the host, name of an external config or secret, name of a volume or of one and a path in it,
   *   to the absolute path of what stands for it
   * @param named absolute paths of further files and directories that the policy names
   */
  constructor(folder: string, mapped: ReadonlyMap<string, string> = new Map(), named: Iterable<string> = []) {
    this.folder = folder;
    this.#mapped = mapped;
    this.#roots = [folder, ...mapped.values(), ...named].filter((path) => path.startsWith(sep));
  }

  /** @param path absolute path on the host; a relative one that was resolved against a folder of the deployment */
  find(path: string): HostFile {
    const here = this.#isInFolder(path) ? undefined : this.#standIn(posix.normalize(path));
    const local = here ?? posix.normalize(path);
    if (here === undefined && !this.#roots.some((root) => isWithin(local, root))) return { path, state: "outside" };
    if (!existsSync(local)) return { path: local, state: "missing" };
    const real = realpathSync(local);
    const isInside = this.#roots.some((root) => isWithin(real, existsSync(root) ? realpathSync(root) : root));
    return { path: local, state: isInside ? "present" : "leads-outside" };
  }

  /** What stands for a file that is missing in the folder no longer does once the file itself is there. */
  #isInFolder(path: string): boolean {
    return isWithin(posix.normalize(path), this.folder) && existsSync(path);
  }

  /** What stands for an external config, an external secret, or the content of a volume by `files:`. */
  named(name: string): string | undefined {
    return this.#mapped.get(name);
  }

  /** What stands for files and directories in a volume by `files:`, by their paths in the volume. */
  inVolume(name: string): [path: string, copy: string][] {
    return [...this.#mapped].flatMap(([key, copy]): [string, string][] =>
      key.startsWith(`${name}/`) ? [[key.slice(name.length + 1), copy]] : [],
    );
  }

  /** What stands for a path by `files:`, for the path itself or for a directory above it. */
  #standIn(path: string): string | undefined {
    for (let above = path; ; above = posix.dirname(above)) {
      const here = this.#mapped.get(above) ?? this.#mapped.get(`${above}/`);
      if (here !== undefined) return posix.join(here, path.slice(above.length));
      if (above === posix.dirname(above)) return undefined;
    }
  }
}

/** Whether an absolute path is a folder, or below it. */
export function isWithin(path: string, folder: string): boolean {
  const base = folder.length > 1 ? folder.replace(/\/+$/, "") : folder;
  return path === base || path.startsWith(base === "/" ? "/" : `${base}/`);
}
