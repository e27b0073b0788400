import { FaultList } from "../../source/fault-list.ts";
import type { SourceLocation } from "../../source/location.ts";
import { readSource } from "../../source/source-file.ts";
import { mapTexts, nodeAt, parseYaml, type YamlNode } from "../../source/yaml-tree.ts";
import { variableReferences } from "./variable-references.ts";

/** What the text around a variable says of its value. */
export type VariableRole =
  /** All of a host name in a router's rule, e.g. ``Host(`$X`)``. */
  | { kind: "host" }
  /** The end of a host name in a rule, e.g. ``Host(`litellm.$X`)``. */
  | { kind: "domain" }
  /** The beginning of a path. */
  | { kind: "path" }
  /** All of what is mounted at a target. */
  | { kind: "mount"; target: string }
  /** An item of a list of addresses, e.g. of the proxies that an entry point of Traefik trusts. */
  | { kind: "peer" }
  /** A span of time in a compose file. */
  | { kind: "duration" }
  /** An address of the host that a port is published on. */
  | { kind: "address" }
  /** A port of the host that stands for one of the container. */
  | { kind: "port"; container: number }
  /** All of the users of Traefik's basicAuth, or one of them; or a part of one, e.g. the hash in `admin:$X`. */
  | { kind: "users"; isWhole: boolean }
  /** A part of a label: an option of Traefik, e.g. the beginning of a list, which may be empty. */
  | { kind: "label" }
  /** The tag of an image. */
  | { kind: "tag"; image: string }
  /** Nothing. */
  | { kind: "text" };

/** A variable that compose files use and give no default for. */
export interface VariableUse {
  /** The first use: relative to the deployment's folder, with the line. */
  at: string;
  role: VariableRole;
  /** The keys of services' environments of which it is the whole value. */
  fills: readonly string[];
  /** Whether compose refuses to start without it (`${X:?message}`). */
  isRequired: boolean;
  /**
   * Per use, the variables in whose defaults it stands (`${HOST:-litellm.${DOMAIN}}`): with a value of one of them, compose does
   * not read it there.
   */
  inDefaultsOf: readonly (readonly string[])[];
  /** The first use in a text; undefined where its name alone stands in the file. */
  location?: SourceLocation;
}

/** A password's hash as `htpasswd` and `mkpasswd` print it. Where its dollar signs are not doubled, compose reads variables in it. */
const passwordHash = /\$(?:apr1|2[abxy]?\$\d{2}|[156]|argon2(?:id|i|d))\$[\w./+=,$-]+/g;

/** The tree of a YAML file; undefined where it can't be read. */
export function treeOf(file: string): YamlNode | undefined {
  const faults = new FaultList();
  const source = readSource(file, faults, "write it");
  return source && parseYaml(source, faults);
}

/**
 * The variables that a compose file takes from elsewhere.
 *
 * @param name the file's name, as a reader is to see it
 */
export function variableUses(root: YamlNode, name: string): Map<string, VariableUse> {
  const uses = new Map<string, VariableUse>();
  const add = (variable: string, use: VariableUse): void => {
    uses.set(variable, joinedUse(uses.get(variable), use));
  };
  mapTexts(root, (text, { location, path }) => {
    const hashes = [...text.matchAll(passwordHash)].map(({ 0: hash, index }) => [index, index + hash.length] as const);
    for (const { variable, operator = "", isBare, start: at, before, after, inDefaultsOf } of variableReferences(
      text,
    )) {
      // A value for it would hide the mistake, which is a finding of the run.
      if (isBare && hashes.some(([start, end]) => start <= at && at < end)) continue;
      if (operator !== "" && !operator.includes("?")) continue;
      const around: Around = { before, after };
      add(variable, {
        at: `${name}:${location.line}`,
        role: roleOf(around, path),
        fills: [environmentKey(around, path) ?? []].flat(),
        isRequired: operator !== "",
        inDefaultsOf: [inDefaultsOf],
        location,
      });
    }
    return text;
  });
  for (const { variable, line } of [...inheritedVariables(root), ...homePaths(root)])
    add(variable, { at: `${name}:${line}`, role: { kind: "text" }, fills: [], isRequired: false, inDefaultsOf: [[]] });
  for (const { variable, line } of variablesOfFiles(root))
    add(variable, { at: `${name}:${line}`, role: { kind: "text" }, fills: [], isRequired: true, inDefaultsOf: [[]] });
  return uses;
}

/** The first use of a variable with what a further one adds: a role that says more, and the keys that it fills. */
export function joinedUse(before: VariableUse | undefined, use: VariableUse): VariableUse {
  if (before === undefined) return use;
  const isClearer = before.role.kind === "text" && use.role.kind !== "text";
  const location = before.location ?? use.location;
  return {
    ...(location === undefined ? {} : { location }),
    at: before.at,
    role: isClearer ? use.role : before.role,
    fills: [...new Set([...before.fills, ...use.fills])],
    isRequired: before.isRequired || use.isRequired,
    inDefaultsOf: [...before.inDefaultsOf, ...use.inDefaultsOf],
  };
}

/** Whether compose reads a variable somewhere, with these variables set to more than an empty text. */
export function isRead({ inDefaultsOf }: VariableUse, given: ReadonlySet<string>): boolean {
  return inDefaultsOf.some((outer) => outer.every((name) => !given.has(name)));
}

/**
 * The key of a service's environment whose whole value is a variable, but for what a key begins with: `KEY: ${X}`, `- KEY=${X}`, or
 * `KEY: sk-${X}`.
 */
export function environmentKey({ before, after }: Around, path: readonly (string | number)[]): string | undefined {
  if (!path.includes("environment") || after !== "") return undefined;
  const [, inList, prefix] = /^(?:(\w+)=)?((?:[a-z]{2,5}[-_])?)$/.exec(before) ?? [];
  if (prefix === undefined) return undefined;
  const key = inList ?? path.at(-1);
  return typeof key === "string" ? key : undefined;
}

/** Settings of a service that are spans of time. Source: compose-spec, "Specifying durations". */
const durations = new Set<string | number>([
  ...["delay", "monitor", "window", "interval", "timeout", "start_period", "start_interval", "stop_grace_period"],
]);

/** The text before and after a variable. */
export interface Around {
  before: string;
  after: string;
}

function roleOf({ before, after }: Around, path: readonly (string | number)[]): VariableRole {
  if (/Host(?:SNI)?\([^)]*`$/.test(before) && after.startsWith("`")) return { kind: "host" };
  if (/Host(?:SNI)?\([^)]*`[^`]+\.$/.test(before)) return { kind: "domain" };
  const [, target] = before === "" ? (/^:(\/[^:]*)(?::[\w,]+)?$/.exec(after) ?? []) : [];
  if (target !== undefined) return { kind: "mount", target };
  if (before === "" && /^:[^:]+:\d+(?:\/\w+)?$/.test(after)) return { kind: "address" };
  const [, container] = /^(?:.*:)?$/.test(before) ? (/^:(\d+)(?:\/\w+)?$/.exec(after) ?? []) : [];
  if (container !== undefined) return { kind: "port", container: Number(container) };
  if (/^[\w.-]+(?:\/[\w.-]+)+:$/.test(before) && after === "") return { kind: "tag", image: before.slice(0, -1) };
  const isText = ["environment", "labels", "image"].some((key) => path.includes(key));
  if (before === "" && after.startsWith("/") && !isText) return { kind: "path" };
  // A label is an item of a list with its name in it, or a key of a map; a flag has its name in it.
  const named = path.includes("labels") ? `${path.at(-1)}=${before}` : before;
  if (/(?:trustedIPs|sourceRange|excludedIPs)=(?:.*,\s*)?$/i.test(named)) return { kind: "peer" };
  const isSetting = !["environment", "labels"].some((section) => path.includes(section));
  if (before === "" && after === "" && isSetting && durations.has(path.at(-1) ?? "")) return { kind: "duration" };
  if (!path.includes("labels")) return { kind: "text" };
  if (/\.basicauth\.users=/i.test(named))
    return { kind: "users", isWhole: /[=,]$/.test(named) && /^(?:,|$)/.test(after) };
  return { kind: "label" };
}

/** Mounts and env files whose path begins with `~`. */
function homePaths(root: YamlNode): { variable: string; line: number }[] {
  const found: { variable: string; line: number }[] = [];
  mapTexts(root, (text, { location }) => {
    if (/^~\//.test(text)) found.push({ variable: "HOME", line: location.line });
    return text;
  });
  return found;
}

/** Variables that a service takes over under their own name: `environment: [X]`, or `X:` without a value. */
function inheritedVariables(root: YamlNode): { variable: string; line: number }[] {
  const services = nodeAt(root, "services");
  if (services?.kind !== "map") return [];
  return [...services.entries.values()].flatMap(({ value }) => {
    const environment = nodeAt(value, "environment");
    if (environment?.kind === "list")
      return environment.items.flatMap((item) =>
        item.kind === "scalar" && typeof item.value === "string" && /^[A-Za-z_]\w*$/.test(item.value)
          ? [{ variable: item.value, line: item.location.line }]
          : [],
      );
    if (environment?.kind !== "map") return [];
    return [...environment.entries].flatMap(([variable, entry]) =>
      entry.value.kind === "scalar" && entry.value.value === null ? [{ variable, line: entry.keyLocation.line }] : [],
    );
  });
}

/** Variables that are the content of a config or a secret: `secrets: { x: { environment: X } }`. */
function variablesOfFiles(root: YamlNode): { variable: string; line: number }[] {
  return ["configs", "secrets"].flatMap((section) => {
    const declared = nodeAt(root, section);
    if (declared?.kind !== "map") return [];
    return [...declared.entries.values()].flatMap(({ value }) => {
      const variable = nodeAt(value, "environment");
      return variable?.kind === "scalar" && typeof variable.value === "string"
        ? [{ variable: variable.value, line: variable.location.line }]
        : [];
    });
  });
}
