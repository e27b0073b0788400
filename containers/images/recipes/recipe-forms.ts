import { lockedVersions, type Recipe } from "./recipe.ts";

/** A part with one Dockerfile, in its folder. */
export function dockerfileOf(name: string, version: string, parents: Recipe["parents"], packages: string): Recipe {
  return { name, version, folders: [name], dockerfile: `${name}/Dockerfile`, parents, packages };
}

/** A part whose packages are fixed by a lock for each version. */
export function locked(name: string, version: string, parents: Recipe["parents"], packages: string): Recipe {
  const recipe = dockerfileOf(name, version, parents, packages);
  const versions = lockedVersions(name);
  if (versions.includes(version)) return { ...recipe, folders: [name, `${name}/${version}`] };
  return {
    ...recipe,
    missing: `add a lock in the folder containers/images/contexts/${name}/${version}${choice(versions)}`,
  };
}

/** A part in any version that PyPI has, without a lock. */
export function byVersion(
  name: string,
  folder: string,
  version: string,
  parents: Recipe["parents"],
  packages: string,
): Recipe {
  return {
    name,
    version,
    folders: [folder],
    dockerfile: `${folder}/Dockerfile`,
    arguments: { VERSION: version },
    parents,
    packages,
  };
}

/** The lines of a Dockerfile that install packages of Debian; none where there are none. */
export function debianLines(packages: readonly string[]): string[] {
  if (packages.length === 0) return [];
  const names = packages.map((name) => `'${name.replaceAll("'", "")}'`).join(" ");
  return [`RUN apt-get update && apt-get install -y ${names} && rm -rf /var/lib/apt/lists/*`];
}

/** The versions that there are, for a message. */
function choice(versions: readonly string[]): string {
  return versions.length === 0 ? "" : `, or use one of ${versions.join(", ")}`;
}
