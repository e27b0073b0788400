import { readdirSync, statSync } from "node:fs";
import { join, posix, relative } from "node:path";
import type { ComposeService } from "../compose/types.ts";
import { FaultList } from "../source/fault-list.ts";
import { isWithin } from "../source/host-files.ts";
import type { SourceLocation } from "../source/location.ts";
import { readSource, SourceFile } from "../source/source-file.ts";

/** A file in a container that the deployment brings there. */
export interface ContainerFile {
  /** Absolute path in the container. */
  path: string;
  /** Absolute path on this machine; undefined for a text in the compose file. */
  file: string | undefined;
  /** Its text, where the compose file has it. */
  text: string | undefined;
  /** Where the deployment brings it into the container. */
  location: SourceLocation;
}

/** The files that mounts, configs and secrets bring into a service's container. What its image has is unknown. */
export class ContainerFiles {
  readonly #service: Pick<ComposeService, "mounts" | "files">;

  constructor(service: Pick<ComposeService, "mounts" | "files">) {
    this.#service = service;
  }

  /** What is mounted into the container. */
  get mounts(): ComposeService["mounts"] {
    return this.#service.mounts;
  }

  /** The file at an absolute path; undefined where the deployment brings none. */
  find(path: string): ContainerFile | undefined {
    const wanted = posix.normalize(path);
    const given = this.#service.files.find(({ target }) => posix.normalize(target) === wanted);
    if (given !== undefined && given.content.from !== "external") {
      const { content, location } = given;
      return content.from === "file"
        ? { path: wanted, file: content.file, text: undefined, location }
        : { path: wanted, file: undefined, text: content.text, location };
    }
    const mount = this.#mountOf(wanted);
    if (mount === undefined) return undefined;
    const file = mount.target === wanted ? mount.source : join(mount.source, posix.relative(mount.target, wanted));
    return statSync(file, { throwIfNoEntry: false })?.isFile()
      ? { path: wanted, file, text: undefined, location: mount.location }
      : undefined;
  }

  /**
   * The files of a directory, subdirectories included, in Traefik's order: names sorted, a subdirectory's files in its
   * place. Undefined where the deployment brings nothing there.
   */
  list(directory: string): ContainerFile[] | undefined {
    const wanted = posix.normalize(directory).replace(/(?<=.)\/$/, "");
    const paths = new Set<string>();
    const mount = this.#mountOf(wanted);
    let isThere = false;
    if (mount !== undefined) {
      const source = mount.target === wanted ? mount.source : join(mount.source, posix.relative(mount.target, wanted));
      isThere = statSync(source, { throwIfNoEntry: false })?.isDirectory() ?? false;
      if (isThere) for (const path of filesBelow(source)) paths.add(posix.join(wanted, path));
    }
    const targets = [
      ...this.#service.files.map(({ target }) => target),
      ...this.#service.mounts.flatMap(({ kind, target }) => (kind === "bind" ? target : [])),
    ];
    for (const target of targets)
      if (target.startsWith(`${wanted}/`) && this.find(target) !== undefined) paths.add(target);
    if (!isThere && paths.size === 0) return undefined;
    const inOrder = [...paths].toSorted(comparePaths);
    return inOrder.flatMap((path) => this.find(path) ?? []);
  }

  /**
   * Where the host has what is mounted on a path and the deployment's files do not have it: a volume, or a path of the host outside
   * of the folder that the policy has no copy of. Undefined for every other path.
   *
   * @param folder the deployment's folder
   * @returns its name for messages, and its key under `files:` of the policy
   */
  elsewhere(path: string, folder: string): { shown: string; key: string } | undefined {
    const mount = this.#service.mounts
      .filter(({ target }) => target === path || path.startsWith(`${target.replace(/\/$/, "")}/`))
      .toSorted((one, other) => other.target.length - one.target.length)[0];
    if (mount === undefined || mount.isAvailable === (mount.kind === "bind")) return undefined;
    const key = mount.source;
    if (mount.kind === "volume") return { shown: `the volume '${key}'`, key };
    return isWithin(key, folder) ? undefined : { shown: key, key };
  }

  /** What is mounted on a path from the folder and is not there, by its path in the folder; undefined for every other path. */
  absent(path: string, folder: string): string | undefined {
    const mount = this.#service.mounts.find(
      ({ kind, target, source, isAvailable }) =>
        kind === "bind" && !isAvailable && target === posix.normalize(path) && isWithin(source, folder),
    );
    return mount === undefined ? undefined : `./${relative(folder, mount.source)}`;
  }

  #mountOf(path: string): { source: string; target: string; location: SourceLocation } | undefined {
    return this.#service.mounts
      .filter(
        ({ kind, target, isAvailable }) =>
          kind === "bind" && isAvailable && (target === path || path.startsWith(`${target.replace(/\/$/, "")}/`)),
      )
      .toSorted((one, other) => other.target.length - one.target.length)[0];
  }
}

/**
 * The text of a file in a container.
 *
 * @param faults gets the reason where it can't be read
 */
export function readContainerFile(
  { file, text, location }: ContainerFile,
  faults = new FaultList(),
): SourceFile | undefined {
  // A text in the compose file has the lines of its own first line on; the location of its config is the nearest there is.
  if (text !== undefined) return new SourceFile(location.file, text);
  return file === undefined ? undefined : readSource(file, faults, "write it, or fix the mount");
}

/** Compares two paths as Traefik orders the files of a directory: step by step. */
export function comparePaths(one: string, other: string): number {
  const steps = other.split("/");
  for (const [index, step] of one.split("/").entries()) {
    const second = steps[index];
    if (second === undefined) return 1;
    if (step !== second) return step < second ? -1 : 1;
  }
  return -1;
}

/** At most this many: a directory with more is not one of configuration files. */
const MAX_FILES = 1000;

function filesBelow(directory: string, prefix = "", found: string[] = []): string[] {
  for (const entry of readdirSync(join(directory, prefix), { withFileTypes: true })) {
    if (found.length >= MAX_FILES) break;
    const path = posix.join(prefix, entry.name);
    if (entry.isDirectory()) filesBelow(directory, path, found);
    else if (entry.isFile()) found.push(path);
  }
  return found;
}
