import type { Policy, PublicPath } from "../../../helpers/deployment/types.ts";

/** Paths that lie under the public ones that open what is below. */
export function pathsBelow(policy: Policy): string[] {
  return policy.publicPaths
    .filter(({ below }) => below)
    .flatMap(({ path }) => [
      `${path}/`,
      `${path}/index.html`,
      `${path}/_next/static/chunks/main.js`,
      `${path}/a/b?c=d`,
    ]);
}

/** Paths that only look like a public one: a prefix is not a path segment. */
export function lookAlikes(policy: Policy): string[] {
  return policy.publicPaths
    .flatMap(({ path, below }) => [
      `${path}x`,
      `${path}-admin`,
      `${path}.bak`,
      `${path}evil/v1/models`,
      `/x${path}`,
      `/v1${path}`,
      path.toUpperCase(),
      ...(below ? [`/x${path}/below`, `/v1/models${path}/`] : [`${path}/`, `${path}/below`]),
    ])
    .filter((path) => !isPublic(policy, path));
}

/** Whether the policy opens a path, taken literally. */
export function isPublic(policy: Policy, path: string): boolean {
  const bare = path.replace(/[?#].*$/s, "");
  return policy.publicPaths.some((one) => bare === one.path || (one.below && bare.startsWith(`${one.path}/`)));
}

/** A private path, dressed up so that something on the way may take it for a public one. */
export interface Disguise {
  name: string;
  /** The request target, as it is to stand on the wire. */
  target: string;
}

/** Ways to write a target that names a public path and means a private one (RFC 3986 §6.2, and what servers make of it). */
export function disguises(policy: Policy, privatePath: string): Disguise[] {
  const opened = policy.publicPaths.filter(({ below }) => below).map(({ path }) => path);
  const exact = policy.publicPaths.filter(({ below }) => !below).map(({ path }) => path);
  return [
    ...opened.flatMap((open) => climbs(open, privatePath)),
    ...exact.flatMap((open) => trails(open, privatePath)),
    ...spellings(privatePath),
  ];
}

function climbs(open: string, privatePath: string): Disguise[] {
  const up = "/..".repeat(open.split("/").length - 1);
  const encodedUp = "/%2e%2e".repeat(open.split("/").length - 1);
  return [
    { name: "dot segments", target: `${open}${up}${privatePath}` },
    { name: "dot segments behind a slash", target: `${open}/.${up}${privatePath}` },
    { name: "encoded dot segments", target: `${open}${encodedUp}${privatePath}` },
    { name: "upper-case encoded dot segments", target: `${open}${encodedUp.toUpperCase()}${privatePath}` },
    { name: "half-encoded dot segments", target: `${open}${up.replaceAll("..", ".%2e")}${privatePath}` },
    { name: "twice encoded dot segments", target: `${open}${encodedUp.replaceAll("%", "%25")}${privatePath}` },
    { name: "an encoded slash", target: `${open}/..%2f${privatePath.slice(1)}` },
    { name: "a twice encoded slash", target: `${open}/..%252f${privatePath.slice(1)}` },
    { name: "an encoded backslash", target: `${open}/..%5c${privatePath.slice(1)}` },
    { name: "a backslash", target: `${open}/..\\${privatePath.slice(1)}` },
    { name: "double slashes", target: `${open}//..${up}${privatePath}` },
    { name: "a parameter", target: `${open}/..;x=1${up}${privatePath}` },
    { name: "an overlong dot", target: `${open}/%c0%ae%c0%ae${privatePath}` },
    { name: "an encoded null byte", target: `${open}/%00/..${up}${privatePath}` },
  ];
}

function trails(open: string, privatePath: string): Disguise[] {
  return [
    { name: "a public path in the query", target: `${privatePath}?${open}` },
    { name: "a public path as a parameter", target: `${privatePath};${open}` },
    { name: "a public path behind an encoded question mark", target: `${privatePath}%3f${open}` },
    { name: "a public path behind an encoded hash", target: `${privatePath}%23${open}` },
    { name: "a public path behind a hash", target: `${privatePath}#${open}` },
    { name: "a private path behind a public one", target: `${open}/..${privatePath}` },
    { name: "a private path behind a public one, encoded", target: `${open}/%2e%2e${privatePath}` },
    { name: "a private path behind a parameter", target: `${open};/..${privatePath}` },
  ];
}

function spellings(privatePath: string): Disguise[] {
  const [, first = "", rest = ""] = /^\/([^/]+)(.*)$/.exec(privatePath) ?? [];
  return [
    { name: "a double slash in front", target: `/${privatePath}` },
    { name: "a dot segment in front", target: `/.${privatePath}` },
    { name: "an encoded letter", target: `/%${first.charCodeAt(0).toString(16)}${first.slice(1)}${rest}` },
    { name: "a trailing slash", target: privatePath.endsWith("/") ? privatePath.slice(0, -1) : `${privatePath}/` },
    { name: "an encoded slash within", target: privatePath.replace(/(?<=.)\//, "%2f") },
    { name: "upper case", target: privatePath.toUpperCase() },
  ];
}

/**
 * Every path that a received target is equivalent to: as it stands, with unreserved characters decoded (RFC 3986 §6.2.2.2;
 * an encoded slash is no slash), with slashes merged, parameters dropped and dot segments removed (§6.2.2.3).
 */
export function readings(target: string): string[] {
  const bare = target.replace(/[?#].*$/s, "");
  return [...new Set([bare, decodeUnreserved(bare)].flatMap((path) => [path, tidied(path)]))];
}

function decodeUnreserved(path: string): string {
  return path.replaceAll(/%([0-9a-f]{2})/gi, (encoded, hex: string) => {
    const character = String.fromCharCode(Number.parseInt(hex, 16));
    return /[A-Za-z0-9._~-]/.test(character) ? character : encoded;
  });
}

function tidied(path: string): string {
  const segments: string[] = [];
  for (const segment of path.split("/").map((one) => one.replace(/;.*$/s, ""))) {
    if (segment === "..") segments.pop();
    else if (segment !== "." && segment !== "") segments.push(segment);
  }
  return `/${segments.join("/")}${path.endsWith("/") && segments.length > 0 ? "/" : ""}`;
}

/** Whether a target is public in every reading of it: anything less may end at something private. */
export function isPublicInEveryReading(policy: Policy, target: string): boolean {
  return readings(target).every((path) => isPublic(policy, path) || isBarePrefix(policy.publicPaths, path));
}

/** `/ui/` and `/ui` are one place, whichever way slashes are tidied. */
function isBarePrefix(paths: readonly PublicPath[], path: string): boolean {
  return paths.some((one) => one.below && `${one.path}/` === path);
}
