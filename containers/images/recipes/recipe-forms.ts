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

/** The versions that there are, for a message. */
function choice(versions: readonly string[]): string {
  return versions.length === 0 ? "" : `, or use one of ${versions.join(", ")}`;
}
