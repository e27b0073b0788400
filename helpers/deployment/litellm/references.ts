import { suggest } from "../../core/text/nearest.ts";
import type { FaultList } from "../source/fault-list.ts";
import { fillInMarks } from "../source/fill-in-marks.ts";
import type { Written } from "../source/location.ts";
import type { NoteList } from "../source/note-list.ts";
import { nodeAt, type YamlMap, type YamlNode, type YamlScalar } from "../source/yaml-tree.ts";
import { configKeys, ignoresServerKey, serverKeys } from "./config-shape.ts";
import type { ConfigFinding, ConfigPlaceholder } from "./types.ts";
import { atLeast } from "./version.ts";

const prefix = "os.environ/";

/** Variables that every container has. */
const alwaysSet = ["HOME", "HOSTNAME", "PATH"];

/** What the references of a config are resolved with. */
export interface ReferenceContext {
  /** LiteLLM's environment. */
  environment: ReadonlyMap<string, Written<string>>;
  /** The service's name, for messages. */
  service: string;
  version: string;
  faults: FaultList;
  notes: NoteList;
  /** The variables that the program of the server at hand replaces in its arguments. */
  byProgram?: ReadonlySet<string>;
  /** Gets the first value of each server under `mcp_servers` that LiteLLM does not read as it is meant, by the server's name. */
  serverFindings: Map<string, ConfigFinding>;
  /** Gets each mark that nothing fills in. */
  placeholders: ConfigPlaceholder[];
  /** Whether the container's start replaces a mark such as `__NAME__` before LiteLLM reads the config. */
  isFilledIn(mark: string): boolean;
}

/** The value of `os.environ/NAME` as LiteLLM resolves it; undefined for a variable that is not set. */
export function resolveReference(text: string, environment: ReferenceContext["environment"]): string | undefined {
  if (!text.startsWith(prefix)) return text;
  const name = text.slice(prefix.length);
  return environment.get(name)?.value ?? (alwaysSet.includes(name) ? "" : undefined);
}

/**
 * Reports what LiteLLM does not substitute, or finds no value for. A value without which it does not start is a fault:
 * `model`, and a server's `env` (from 1.106.2 on its `static_headers` too). What is under a key that LiteLLM ignores has no effect,
 * and the key is a finding of its own.
 */
export function checkReferences(node: YamlNode, context: ReferenceContext, path: readonly string[] = []): void {
  if (isWithoutEffect(path, context.version)) return;
  if (node.kind === "map") {
    const isServer = path[0] === "mcp_servers" && path.length === 2;
    const inside = isServer ? { ...context, byProgram: replacedByProgram(node) } : context;
    for (const [key, { value }] of node.entries) checkReferences(value, inside, [...path, key]);
  } else if (node.kind === "list") {
    for (const item of node.items) {
      if (item.kind === "scalar") checkListItem(item, context, path);
      else checkReferences(item, context, path);
    }
  } else checkValue(node, context, path);
}

function report(context: ReferenceContext, path: readonly string[], finding: ConfigFinding): void {
  const { location, what, why, fix } = finding;
  const [section, server] = path;
  // A server without its address, arguments or key is of no use.
  context.notes.add("finding", location, what, why, fix, section === "mcp_servers" ? "stops" : undefined);
  if (section === "mcp_servers" && server !== undefined && !context.serverFindings.has(server))
    context.serverFindings.set(server, finding);
}

/** Reports what a tool was to fill in. */
function checkMarks(text: string, node: YamlScalar, context: ReferenceContext, path: readonly string[]): void {
  if (path[0] === "prompts") return;
  const [option, effect] = [path.join("."), "LiteLLM takes it as it is written"];
  const { location } = node;
  for (const { text: mark } of fillInMarks(text)) {
    if (context.isFilledIn(mark)) continue;
    context.placeholders.push({ text: mark, option, effect, location });
    const fix = `write the deployment's own value in place of ${mark}`;
    report(context, path, { location, what: `${option} has the placeholder '${mark}'`, why: effect, fix });
  }
}

function checkListItem(item: YamlScalar, context: ReferenceContext, path: readonly string[]): void {
  if (typeof item.value !== "string") return;
  checkMarks(item.value, item, context, path);
  if (!item.value.includes(prefix) && !isShellReference(item.value)) return;
  const names = [...item.value.matchAll(/\$\{([^}]+)\}/g)].flatMap(([, name]) => name ?? []);
  if (names.length > 0 && names.every((name) => context.byProgram?.has(name) === true)) return;
  report(context, path, {
    location: item.location,
    what: `${path.join(".")} has '${item.value}'`,
    why: "LiteLLM substitutes nothing in lists: the text is used as it stands",
    fix: "write the value itself, or use a key under env",
  });
}

/**
 * The variables of a server's `env` that its program replaces in its arguments: mcp-remote does in its headers. Source: mcp-remote's
 * README, "Custom Headers".
 */
function replacedByProgram(server: YamlMap): ReadonlySet<string> {
  const words = [nodeAt(server, "command"), nodeAt(server, "args")].flatMap((node) =>
    node === undefined ? [] : textsIn(node),
  );
  const env = nodeAt(server, "env");
  const isBridge = words.some((word) => /(?:^|\/)mcp-remote(?:@|$)/.test(word));
  return new Set(isBridge && env?.kind === "map" ? env.entries.keys() : []);
}

function textsIn(node: YamlNode): string[] {
  if (node.kind === "list") return node.items.flatMap(textsIn);
  return node.kind === "scalar" && typeof node.value === "string" ? [node.value] : [];
}

function checkValue(node: YamlScalar, context: ReferenceContext, path: readonly string[]): void {
  const { environment, service, version, faults, notes } = context;
  const { value, location } = node;
  if (typeof value !== "string") return;
  checkMarks(value, node, context, path);
  const where = path.join(".");
  if (isShellReference(value)) {
    if (isSubstitutedLater(value, path, version)) return;
    report(context, path, {
      location,
      what: `${where} is '${value}'`,
      why: "LiteLLM does not substitute this form: the text is used as it stands",
      fix: fixOfShellReference(value),
    });
    return;
  }
  if (!value.includes(prefix)) return;
  if (!value.startsWith(prefix)) {
    report(context, path, {
      location,
      what: `${where} contains '${prefix}' in the middle`,
      why: "LiteLLM substitutes whole values only: the text is used as it stands",
      fix: `set one variable to the whole value, and write ${prefix}NAME`,
    });
    return;
  }
  const name = value.slice(prefix.length);
  if (resolveReference(value, environment) !== undefined) return;
  const fix = suggest(
    name,
    environment.keys(),
    `set ${name} in an env file of '${service}', or under 'variables:' of policy.yaml`,
  );
  if (isNeededToStart(path, version)) {
    faults.add(location, `${where}: the variable '${name}' is not set in the environment of '${service}'`, fix);
  } else if (path[0] === "model_list" && /key|token|secret|base|version|region|project/i.test(path.at(-1) ?? "")) {
    notes.add(
      "not-proved",
      location,
      `${where}: the variable '${name}' is not set in the environment of '${service}'`,
      "the scripted model takes the provider's place, so the run needs no value; LiteLLM starts without it",
      fix,
    );
  } else {
    report(context, path, {
      location,
      what: `${where}: the variable '${name}' is not set in the environment of '${service}'`,
      why: "LiteLLM starts and takes no value there",
      fix,
    });
  }
}

/** What LiteLLM substitutes in place of a shell's variable. */
function fixOfShellReference(value: string): string {
  const [reference = "", name = "NAME"] = /\$\{?(\w+)[^}]*\}?/.exec(value) ?? [];
  const isWhole = reference === value;
  return `write ${prefix}${name} as the whole value${isWhole ? "" : `, and set ${name} to the whole text`}`;
}

/** A server's keys whose values are texts for people and models. */
const freeTexts = ["description", "mcp_info", "instructions"];

/** Whether no value at a path changes what LiteLLM does: one below a key that it ignores, or a text for people. */
function isWithoutEffect([section, , key]: readonly string[], version: string): boolean {
  if (section !== undefined && !configKeys.includes(section)) return true;
  if (section !== "mcp_servers" || key === undefined) return false;
  return freeTexts.includes(key) || !serverKeys.includes(key) || ignoresServerKey(key, version);
}

/** Whether a whole value, or a part of it, has the form of a shell's variable, where an operator means a variable. */
function isShellReference(value: string): boolean {
  return /\$\{[A-Za-z_][\w-]*\}/.test(value) || /^\$[A-Z_][A-Z0-9_]*$/.test(value);
}

/**
 * 1.106.2 takes `${X-NAME}` in a stdio server's `env` from the client's header, and `${NAME}` in `static_headers` from the
 * server's `env_vars`. Source: proxy/_experimental/mcp_server/mcp_server_manager.py.
 */
function isSubstitutedLater(value: string, path: readonly string[], version: string): boolean {
  if (path[0] !== "mcp_servers" || !atLeast(version, "1.106.2")) return false;
  return (path[2] === "env" && /^\$\{X-[^}]+\}$/.test(value)) || path[2] === "static_headers";
}

/** Measured with both versions: a value of None ends in a validation error there. */
function isNeededToStart(path: readonly string[], version: string): boolean {
  if (path[0] === "model_list") return path.at(-1) === "model";
  if (path[0] !== "mcp_servers") return false;
  return path[2] === "env" || (path[2] === "static_headers" && atLeast(version, "1.106.2"));
}
