import { decide, isOpen, prefixOf } from "../../../helpers/deployment/policy/access.ts";
import type { Policy, PolicyHost } from "../../../helpers/deployment/types.ts";
import { openRules } from "../../support/access-cases.ts";

/** Paths that a pattern such as `/ui/**` names. */
export function pathsBelow(pattern: string): string[] {
  const prefix = prefixOf(pattern);
  if (prefix === undefined) return [];
  return ["", "index.html", "_next/static/chunks/main.js", "a/b?c=d"].map((rest) => `${prefix}${rest}`);
}

/** A path that a host opens, alone or with everything below it. */
interface OpenPath {
  path: string;
  below: boolean;
}

/** The paths that a host's rules open by name. */
function openPaths(policy: Policy, host: PolicyHost): OpenPath[] {
  const patterns = openRules(policy).flatMap((one) => (one.host === host ? [one.pattern] : []));
  const prefixes = patterns.flatMap((pattern) => prefixOf(pattern)?.slice(0, -1) ?? []);
  const paths = new Set([...patterns.filter((pattern) => prefixOf(pattern) === undefined), ...prefixes]);
  return [...paths].map((path) => ({ path, below: prefixes.includes(path) }));
}

/** Paths that resemble an open one and are not: a common prefix does not open a path. */
export function lookAlikes(policy: Policy, host: PolicyHost): string[] {
  return (
    openPaths(policy, host)
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
      // Traefik merges slashes before it routes: `/mcp//` is `/mcp/` to it, and to LiteLLM.
      .filter((path) => !path.includes("//") && !isOpen(decide(policy, host, { method: "GET", path })))
  );
}

/** A private path written in such a way that a server may treat it as a public one. */
export interface Disguise {
  name: string;
  /** The request target to send, unchanged. */
  target: string;
}

/**
 * Ways to write a target that contains an open path of the host but means a private one (RFC 3986 §6.2, and servers' own
 * rules).
 */
export function disguises(policy: Policy, host: PolicyHost, privatePath: string): Disguise[] {
  const open = openPaths(policy, host).filter(({ path }) => path !== "" && path !== "/");
  const opened = open.filter(({ below }) => below).map(({ path }) => path);
  const exact = open.filter(({ below }) => !below).map(({ path }) => path);
  return [
    ...opened.flatMap((open) => dotSegmentForms(open, privatePath)),
    ...exact.flatMap((open) => suffixForms(open, privatePath)),
    ...alternativeForms(privatePath),
  ];
}

function dotSegmentForms(open: string, privatePath: string): Disguise[] {
  const up = "/..".repeat(open.split("/").length - 1);
  const encodedUp = "/%2e%2e".repeat(open.split("/").length - 1);
  return [
    { name: "dot segments", target: `${open}${up}${privatePath}` },
    { name: "dot segments after a slash", target: `${open}/.${up}${privatePath}` },
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

function suffixForms(open: string, privatePath: string): Disguise[] {
  return [
    { name: "a public path in the query", target: `${privatePath}?${open}` },
    { name: "a public path as a parameter", target: `${privatePath};${open}` },
    { name: "a public path after an encoded question mark", target: `${privatePath}%3f${open}` },
    { name: "a public path after an encoded hash", target: `${privatePath}%23${open}` },
    { name: "a public path after a hash", target: `${privatePath}#${open}` },
    { name: "a private path after a public one", target: `${open}/..${privatePath}` },
    { name: "a private path after a public one, encoded", target: `${open}/%2e%2e${privatePath}` },
    { name: "a private path after a parameter", target: `${open};/..${privatePath}` },
  ];
}

function alternativeForms(privatePath: string): Disguise[] {
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
 * Every path that a received target is equivalent to: unchanged, with unreserved characters decoded (RFC 3986 §6.2.2.2;
 * an encoded slash is not a slash), and each of them with slashes merged, parameters removed and dot segments resolved
 * (§6.2.2.3).
 */
export function equivalentPaths(target: string): string[] {
  const bare = target.replace(/[?#].*$/s, "");
  return [...new Set([bare, decodeUnreserved(bare)].flatMap((path) => [path, normalised(path)]))];
}

function decodeUnreserved(path: string): string {
  return path.replaceAll(/%([0-9a-f]{2})/gi, (encoded, hex: string) => {
    const character = String.fromCharCode(Number.parseInt(hex, 16));
    return /[A-Za-z0-9._~-]/.test(character) ? character : encoded;
  });
}

function normalised(path: string): string {
  const segments: string[] = [];
  for (const segment of path.split("/").map((one) => one.replace(/;.*$/s, ""))) {
    if (segment === "..") segments.pop();
    else if (segment !== "." && segment !== "") segments.push(segment);
  }
  return `/${segments.join("/")}${path.endsWith("/") && segments.length > 0 ? "/" : ""}`;
}

/** Whether the host opens every equivalent of a target: otherwise a server may treat it as a private path. */
export function isOpenInEveryForm(policy: Policy, host: PolicyHost, target: string): boolean {
  return equivalentPaths(target).every((path) => isOpen(decide(policy, host, { method: "GET", path })));
}
