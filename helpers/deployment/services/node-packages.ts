import { posix } from "node:path";
import semver from "semver";
import type { ComposeService } from "../compose/types.ts";
import { presentText } from "../litellm/container-file.ts";
import type { SourceLocation } from "../source/location.ts";
import { outlineOf } from "./build-outline.ts";
import { readNpmSpec } from "./package-spec.ts";

/** A package that a script imports. */
export interface ImportedPackage {
  name: string;
  /** The first import of it. */
  location: SourceLocation;
}

/** What npm installs for a script, in the directory of its package.json, else of the script. */
export interface NodeModules {
  /** Absolute path in the container of the directory that gets the `node_modules`. */
  directory: string;
  /** The text of the package.json that npm gets. */
  manifest: string;
  /** The text of the operator's package-lock.json; undefined where npm chooses the versions. */
  lock?: string;
  /** The packages that the script imports from there. */
  imported: readonly ImportedPackage[];
  /** Those in whose place npm installs the newest, because no file names a version. */
  newest: readonly string[];
}

/** What npm installs, and why something can't be installed, for messages. */
export interface PlannedPackages {
  modules: NodeModules | undefined;
  missing: { name: string; why: string }[];
}

/** The parts of a package.json that say what is installed. */
interface Manifest {
  dependencies?: Versions;
  devDependencies?: Versions;
  optionalDependencies?: Versions;
  peerDependencies?: Versions;
  overrides?: object;
}

type Versions = Readonly<Record<string, string>>;

interface LockedPackage {
  version?: string;
  resolved?: string;
  link?: boolean;
  dev?: boolean;
}

/**
 * What npm must install for a script: by the package-lock.json next to its package.json, else by the package.json, else the imported
 * packages themselves.
 *
 * @param directory of the script in the container
 * @param imported what it imports, and no mounted `node_modules` has
 */
export function planPackages(
  service: ComposeService,
  directory: string,
  imported: readonly ImportedPackage[],
): PlannedPackages {
  if (imported.length === 0) return { modules: undefined, missing: [] };
  const project = projectOf(service, directory);
  if (project === undefined) return byImports(service, directory, imported);
  const lockText = ["npm-shrinkwrap.json", "package-lock.json"]
    .map((name) => presentText(service, posix.join(project.directory, name)))
    .find((text) => text !== undefined);
  const locked = lockText === undefined ? undefined : lockedPackages(lockText);
  return lockText === undefined || locked === undefined
    ? byManifest(project, imported)
    : byLock(project, { text: lockText, packages: locked }, imported);
}

interface Project {
  directory: string;
  manifest: Manifest;
}

/** The nearest package.json with dependencies, as Node.js and npm look for it: in the script's directory, and above it. */
function projectOf(service: ComposeService, directory: string): Project | undefined {
  for (let at = directory; ; at = posix.dirname(at)) {
    const manifest = parsed<Manifest>(presentText(service, posix.join(at, "package.json")));
    if (manifest !== undefined && [manifest.dependencies, manifest.devDependencies].some((one) => one !== undefined))
      return { directory: at, manifest };
    if (at === "/") return undefined;
  }
}

function byImports(service: ComposeService, directory: string, imported: readonly ImportedPackage[]): PlannedPackages {
  const built = service.build === undefined ? [] : (outlineOf(service.build)?.packages ?? []);
  const versionOf = (name: string): string | undefined =>
    built.find((one) => one.ecosystem === "npm" && one.name === name)?.version;
  const found = imported.filter(({ name }) => readNpmSpec(name) !== undefined);
  const missing = imported
    .filter((one) => !found.includes(one))
    .map(({ name }) => ({ name, why: "which is not the name of a package" }));
  const dependencies = Object.fromEntries(found.map(({ name }) => [name, versionOf(name) ?? "latest"]));
  const newest = found.flatMap(({ name }) => (versionOf(name) === undefined ? name : []));
  const modules = { directory, manifest: manifestText({ dependencies }), imported: found, newest };
  return { modules: found.length === 0 ? undefined : modules, missing };
}

function byManifest({ directory, manifest }: Project, imported: readonly ImportedPackage[]): PlannedPackages {
  const isImported = (name: string): boolean => imported.some((one) => one.name === name);
  const { dependencies, devDependencies = {}, optionalDependencies, peerDependencies, overrides } = manifest;
  const stated: Versions = {
    ...Object.fromEntries(Object.entries(devDependencies).filter(([name]) => isImported(name))),
    ...peerDependencies,
    ...optionalDependencies,
    ...dependencies,
  };
  const missing = imported.flatMap(({ name }) => {
    const version = stated[name];
    return version === undefined || isOfRegistry(version)
      ? []
      : { name, why: `which package.json takes from '${version}', and not from npm` };
  });
  const kept = Object.fromEntries(Object.entries(stated).filter(([, version]) => isOfRegistry(version)));
  return {
    modules: { directory, manifest: manifestText({ dependencies: kept, overrides }), imported, newest: [] },
    missing,
  };
}

function byLock(
  { directory, manifest }: Project,
  lock: { text: string; packages: ReadonlyMap<string, LockedPackage> },
  imported: readonly ImportedPackage[],
): PlannedPackages {
  const { packages } = lock;
  const missing = imported.flatMap(({ name }) => {
    const found = packages.get(name);
    if (found === undefined) return { name, why: "which the package-lock.json does not have" };
    return isFromNpm(found) ? [] : { name, why: "which the package-lock.json does not take from npm" };
  });
  const isWhole =
    [...packages.values()].every(isFromNpm) && imported.every(({ name }) => packages.get(name)?.dev !== true);
  if (isWhole && missing.length === 0) {
    const { dependencies, devDependencies, optionalDependencies, peerDependencies, overrides } = manifest;
    const parts = { dependencies, devDependencies, optionalDependencies, peerDependencies, overrides };
    return { modules: { directory, manifest: manifestText(parts), lock: lock.text, imported, newest: [] }, missing };
  }
  // `npm ci` leaves out what only development needs, and can't have what is not npm's.
  const dependencies = Object.fromEntries(
    imported.flatMap(({ name }) => {
      const version = packages.get(name)?.version;
      return version === undefined ? [] : [[name, version]];
    }),
  );
  return { modules: { directory, manifest: manifestText({ dependencies }), imported, newest: [] }, missing };
}

/** The packages that a lock puts into the upper `node_modules`, by name; undefined for a text that is no lock. */
function lockedPackages(text: string): Map<string, LockedPackage> | undefined {
  const lock = parsed<{ packages?: Record<string, LockedPackage>; dependencies?: Record<string, LockedPackage> }>(text);
  if (lock?.packages !== undefined)
    return new Map(
      Object.entries(lock.packages).flatMap(([path, found]) => {
        const [, name] = /^node_modules\/((?:@[^/]+\/)?[^/]+)$/.exec(path) ?? [];
        return name === undefined ? [] : [[name, found]];
      }),
    );
  return lock?.dependencies === undefined ? undefined : new Map(Object.entries(lock.dependencies));
}

function isFromNpm({ version = "", resolved, link }: LockedPackage): boolean {
  return link !== true && semver.valid(version) !== null && (resolved === undefined || /^https?:/.test(resolved));
}

/** Whether npm takes a version of a package.json from its registry: a version, a range, a tag, an alias (`npm:`). */
function isOfRegistry(version: string): boolean {
  return semver.validRange(version) !== null || /^(?:npm:.+|[\w.-]+)$/.test(version);
}

function manifestText(parts: Manifest & { overrides?: object | undefined }): string {
  return `${JSON.stringify({ private: true, ...parts }, null, 2)}\n`;
}

function parsed<T extends object>(text: string | undefined): T | undefined {
  if (text === undefined) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? (value as T) : undefined;
  } catch {
    return undefined;
  }
}
