import type { PackageName } from "../policy/types.ts";

/** A package as a policy, a launcher's command or a Dockerfile names it. */
export interface PackageSpec extends Pick<PackageName, "ecosystem" | "name"> {
  /** As written: a version, or for npm also a range or a tag; undefined for the newest. */
  version: string | undefined;
}

/**
 * Reads `NAME`, `NAME@VERSION` and `@scope/NAME@VERSION`, as npm and npx take them.
 *
 * @returns undefined for what no registry has: a path, an address, a git repository
 */
export function readNpmSpec(text: string): PackageSpec | undefined {
  const [, name, version] = /^((?:@[a-z0-9._~-]+\/)?[a-z0-9._~-]+)(?:@([\w.^~*+-]+))?$/i.exec(text) ?? [];
  if (name === undefined || /^\.{1,2}$/.test(name)) return undefined;
  return { ecosystem: "npm", name, version: version === "latest" ? undefined : version };
}

/**
 * Reads `NAME`, `NAME==VERSION`, `NAME[extra]==VERSION` and uv's `NAME@VERSION`. Extras stay part of the name.
 *
 * @returns undefined for what the index does not have: a path, an address, a git repository; and for a range
 */
export function readPypiSpec(text: string): PackageSpec | undefined {
  const [, name, version] = /^([a-z0-9][\w.-]*(?:\[[\w.,\s-]+\])?)\s*(?:(?:==|@)\s*([\w.!+-]+))?$/i.exec(text) ?? [];
  if (name === undefined) return undefined;
  return { ecosystem: "pypi", name, version: version === "latest" ? undefined : version };
}

/** The package in the form of its registry, e.g. `@modelcontextprotocol/server-filesystem@2025.8.21`. */
export function packageText({ ecosystem, name, version }: PackageSpec): string {
  if (version === undefined) return name;
  return ecosystem === "npm" ? `${name}@${version}` : `${name}==${version}`;
}

/** The name without scope and extras, e.g. `server-filesystem`: what npx and uvx call its command by default. */
export function unscopedName({ name }: PackageSpec): string {
  return name.replace(/^@[^/]*\//, "").replace(/\[.*$/, "");
}

/** How long after its date a version may have been published, and its dependencies with it, in days. */
const publishedWithin = 30;

/**
 * The date by which a version was published, for versions that are a date (`2025.9.25`).
 *
 * @returns e.g. `2025-10-25`; undefined for any other version
 */
export function dateOf({ version }: Pick<PackageSpec, "version">): string | undefined {
  const [, year, month, day] = /^(20\d\d)\.(\d{1,2})\.(\d{1,2})$/.exec(version ?? "") ?? [];
  if (year === undefined) return undefined;
  const date = new Date(Date.UTC(Number(year), Number(month) - 1, Number(day) + publishedWithin));
  return date.toISOString().slice(0, 10);
}
