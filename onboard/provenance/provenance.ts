/** What a registry offers as evidence of where a package comes from, and what its verification found. */
export interface PackageProvenance {
  /** The name and version. */
  package: string;
  /** Kinds of evidence, e.g. `registry signature`, `SLSA provenance`; empty where the registry offers none. */
  offered: readonly string[];
  /** What contradicts it, one sentence each. */
  wrong: readonly string[];
  /** Why it could not be asked for, or not be verified; undefined where it was. */
  unverified: string | undefined;
  /** Addresses of the repositories that signed certificates name as its source. */
  builtFrom: readonly string[];
}

/** A package whose registry is asked. */
export interface InstalledRelease {
  name: string;
  version: string;
}

/** A registry did not answer, or answered with something else than its protocol says. */
export class RegistryError extends Error {
  override readonly name = "RegistryError";
}

/** The evidence of a package for which the registry could not be asked. */
export function notAsked({ name, version }: InstalledRelease, why: string): PackageProvenance {
  return { package: `${name} ${version}`, offered: [], wrong: [], unverified: why, builtFrom: [] };
}
