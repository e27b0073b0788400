import type { SourceLocation } from "../../source/location.ts";
import type { ProviderName } from "./dynamic.ts";
import { fixMissing, type KnownNames, qualified } from "./known-names.ts";

/** Why a name is missing. */
export interface MissingName {
  /** A clause that follows the name. */
  why: string;
  /** Undefined where the place that has the name is at fault. */
  location?: SourceLocation;
  /** As an imperative. */
  fix: string;
}

/** Why what a router or a chain names is missing. */
export function missingName(
  {
    part,
    section,
    name,
    provider,
  }: { part: string; section: "middlewares" | "services"; name: string; provider: ProviderName },
  known: KnownNames,
): MissingName {
  const wanted = qualified(name, provider);
  const unread = withoutFiles(wanted, known);
  if (unread !== undefined) return unread;
  const why = known.dropped[section].has(wanted)
    ? "whose source Traefik refuses or ignores as a whole"
    : "which nothing defines";
  return { why, fix: fixMissing(name, provider, known[section], part) };
}

/** Why a name of the file provider is missing where it has no files: the one that refers to it is right then. */
export function withoutFiles(wanted: string, { missingFiles }: KnownNames): MissingName | undefined {
  if (missingFiles === undefined || !wanted.endsWith("@file")) return undefined;
  const { what, location, fix } = missingFiles;
  return { why: `but ${what}`, location, fix };
}
