import { textOf } from "../compose/loading/nodes.ts";
import type { FaultList } from "../source/fault-list.ts";
import type { SourceLocation, Written } from "../source/location.ts";
import type { NoteList } from "../source/note-list.ts";
import { readShape } from "../source/shape.ts";
import { locationOf, nodeAt, toPlain, type YamlMap, type YamlNode } from "../source/yaml-tree.ts";
import { fixOfServerKey, ignoresServerKey, type ServerEntry, serverKeys, serverShapeOf } from "./config-shape.ts";
import { checkCredential, credentialHeaders } from "./credential-headers.ts";
import { openApiBase } from "./openapi-base.ts";
import { checkAliases, serverPrefix, shortPrefix } from "./prefix.ts";
import { checkServerIds } from "./server-ids.ts";
import { checkServerTypes } from "./server-types.ts";
import { checkStdio } from "./stdio-commands.ts";
import type { ToolFilter, UnusableServer, UpstreamConfig } from "./types.ts";
import { atLeast, type RunningVersion, withGuess } from "./version.ts";

/** What reading the servers needs. */
export interface ServerContext extends RunningVersion {
  environment: ReadonlyMap<string, Written<string>>;
  /** The text of a file in LiteLLM's container, by its path as the config has it; undefined where the deployment has none. */
  textIn(path: string): string | undefined;
  faults: FaultList;
  notes: NoteList;
}

/** The servers of a config. */
export interface ReadServers {
  upstreams: UpstreamConfig[];
  unusable: UnusableServer[];
  separator: string;
}

/**
 * The servers under `mcp_servers`. A server with which LiteLLM refuses to start is a fault; keys that it ignores, and a
 * server that can list no tool, are findings.
 *
 * @param resolved the config with `os.environ/X` replaced by the variables' values
 */
export function readUpstreams(root: YamlMap, resolved: YamlNode, context: ServerContext): ReadServers {
  const { version, environment, faults, notes } = context;
  const separator = environment.get("MCP_TOOL_PREFIX_SEPARATOR")?.value ?? "-";
  const servers = nodeAt(resolved, "mcp_servers");
  const read: ReadServers = { upstreams: [], unusable: [], separator };
  if (servers === undefined || (servers.kind === "scalar" && servers.value === null)) return read;
  if (servers.kind !== "map") {
    faults.add(
      locationOf(root, ["mcp_servers"]),
      "mcp_servers is not a mapping: LiteLLM refuses to start",
      "write the servers' names below it, each with transport: and command: or url:",
    );
    return read;
  }
  const used = new Set<string>();
  const prefixes = new Map<string, string>();
  for (const [name, { keyLocation: location, value }] of servers.entries) {
    const prefix = serverPrefix(root, name, version, used);
    prefixes.set(name, prefix.value);
    const server = readUpstream({ name, location, prefix, separator }, value, context);
    if (server === undefined) continue;
    if ("why" in server) {
      read.unusable.push(server);
      notes.add("finding", location, `mcp_servers.${name} can list no tool`, server.why, server.fix, "stops");
    } else read.upstreams.push(server);
  }
  checkServerIds(resolved, servers, context);
  checkAliases(root, prefixes, version, notes);
  checkPrefixes(read, notes);
  checkStdio(read.upstreams, context);
  return read;
}

function readUpstream(
  server: { name: string; location: SourceLocation; prefix: Written<string>; separator: string },
  node: YamlNode,
  context: ServerContext,
): UpstreamConfig | UnusableServer | undefined {
  const { name, location, prefix, separator } = server;
  const { version, environment, textIn, faults, notes } = context;
  const within = `mcp_servers.${name}`;
  if (separator !== "" && name.includes(separator)) {
    faults.add(
      location,
      `the server's name '${name}' has a '${separator}', which separates server and tool: LiteLLM refuses to start`,
      `write '${name.replaceAll(separator, separator === "_" ? "" : "_")}'`,
    );
  }
  if (node.kind !== "map") {
    faults.add(
      location,
      `${within} is not a mapping: LiteLLM refuses to start`,
      "write transport: and command: or url: below it",
    );
    return undefined;
  }
  checkKeys(within, node, version, notes);
  checkDate(within, node, version, faults);
  checkServerTypes(within, node, context);
  const data = readShape(serverShapeOf(version), node, toPlain(node), faults, within);
  if (data === undefined) return undefined;
  if (data.auth_type === "oauth2") checkSignIn(within, node, context);
  const transport = data.transport ?? "http";
  const unusable = (why: string, fix: string, at = location): UnusableServer => ({ name, location: at, why, fix });
  const useShort = /^(1|true|yes|on)$/i.test(environment.get("LITELLM_USE_SHORT_MCP_TOOL_PREFIX")?.value.trim() ?? "");
  const alias = prefix.value === name ? "" : prefix.value;
  const common = {
    name,
    location,
    prefix:
      useShort && atLeast(version, "1.92.0")
        ? {
            value: shortPrefix({ name, url: data.url ?? "", transport, authType: data.auth_type ?? "", alias }),
            location,
          }
        : prefix,
    tools: toolFilter(node, data, version),
    accessGroups: data.access_groups ?? [],
    allowAllKeys: !ignoresServerKey("allow_all_keys", version) && data.allow_all_keys === true,
    ...(data.access_groups ? { accessGroupsAt: locationOf(node, ["access_groups"]) } : {}),
    ...(data.allow_all_keys === true ? { allowAllKeysAt: locationOf(node, ["allow_all_keys"]) } : {}),
  };
  if (transport === "stdio") {
    if (!data.command) return unusable("it has no command", "add 'command:'");
    if (data.url)
      notes.add(
        "finding",
        locationOf(node, ["url"]),
        `${within} is stdio and has a url`,
        "it has no effect",
        "remove it, or set 'transport: http'",
      );
    return {
      ...common,
      transport,
      command: data.command,
      commandAt: locationOf(node, ["command"]),
      args: data.args ?? [],
      env: new Map(Object.entries(data.env ?? {})),
    };
  }
  const specPath = ignoresServerKey("spec_path", version) ? "" : (textOf(nodeAt(node, "spec_path")) ?? "");
  if (!data.url && specPath === "") {
    return data.command
      ? unusable(
          "it has a command and no transport: LiteLLM assumes http",
          "add 'transport: stdio'",
          locationOf(node, ["command"]),
        )
      : unusable("it has no url", "add 'url:'");
  }
  checkCredential(within, node, data, context);
  if (data.command)
    notes.add(
      "finding",
      locationOf(node, ["command"]),
      `${within} is ${transport} and has a command`,
      "it has no effect",
      "remove it, or set 'transport: stdio'",
    );
  if (data.url && (!URL.canParse(data.url) || !/^https?:/.test(data.url)))
    return unusable("its url is not an http address", "write it like http://name:8000/mcp", locationOf(node, ["url"]));
  return {
    ...common,
    transport,
    url: data.url || openApiBase(specPath, textIn(specPath)),
    headers: credentialHeaders(data, version),
    ...(specPath === "" ? {} : { specPath }),
  };
}

function checkKeys(within: string, node: YamlNode & { kind: "map" }, version: string, notes: NoteList): void {
  for (const [key, { keyLocation }] of node.entries) {
    if (!serverKeys.includes(key))
      notes.add(
        "finding",
        keyLocation,
        `unknown key '${key}' in ${within}`,
        "LiteLLM ignores it without a warning",
        fixOfServerKey(key, version),
      );
    else if (ignoresServerKey(key, version))
      notes.add(
        "finding",
        keyLocation,
        `'${key}' in ${within}`,
        `LiteLLM ${version} ignores it without a warning`,
        key === "spec_version" ? "remove it" : "remove it, or use an image with a newer version",
      );
  }
}

/** PyYAML makes a date of `2025-06-18` without quotes, which 1.77.1 refuses. */
function checkDate(within: string, node: YamlNode, version: string, faults: FaultList): void {
  const written = nodeAt(node, "spec_version");
  if (written?.kind !== "scalar" || ignoresServerKey("spec_version", version)) return;
  const { source, start } = written.span;
  if (/^\d{4}-\d\d-\d\d/.test(source.text.slice(start)))
    faults.add(
      written.location,
      `spec_version of ${within} is a date: LiteLLM ${version} refuses to start`,
      "put it into quotes",
    );
}

const signIns = ["authorization_code", "client_credentials"];

/**
 * LiteLLM 1.99.0 and 1.106.2 refuse to start where a server with OAuth does not say who signs in. 1.92.0 does not read the
 * key yet; the versions in between were not measured.
 */
function checkSignIn(within: string, node: YamlNode, { version, fixOfGuess, faults }: ServerContext): void {
  if (!atLeast(version, "1.99.0")) return;
  const flow = textOf(nodeAt(node, "oauth2_flow")) ?? "";
  // A variable that is not set is a finding of its own.
  if (signIns.includes(flow) || flow.startsWith("os.environ/")) return;
  const what =
    flow === "" ? `${within} has auth_type oauth2 and no oauth2_flow` : `oauth2_flow of ${within} is '${flow}'`;
  faults.add(
    locationOf(node, [flow === "" ? "auth_type" : "oauth2_flow"]),
    `${what}: LiteLLM ${version} refuses to start`,
    withGuess(
      "write 'oauth2_flow: authorization_code' where each user signs in, and 'client_credentials' where LiteLLM does",
      fixOfGuess,
    ),
  );
}

function toolFilter(node: YamlNode, data: ServerEntry, version: string): ToolFilter {
  const filter = (key: "allowed_tools" | "disallowed_tools"): Written<readonly string[]> | undefined => {
    const value = data[key];
    if (ignoresServerKey(key, version) || value === undefined || value === null || value.length === 0) return undefined;
    return { value, location: locationOf(node, [key]) };
  };
  // A listing of 1.106.2 obeys both lists where a server has both (measured).
  return { allowed: filter("allowed_tools"), disallowed: filter("disallowed_tools") };
}

/** Reports prefixes by which LiteLLM can't tell servers apart. */
function checkPrefixes({ upstreams, separator }: ReadServers, notes: NoteList): void {
  for (const { name, prefix } of upstreams) {
    const other = upstreams.find((one) => one.name !== name && one.prefix.value === prefix.value);
    if (other !== undefined)
      notes.add(
        "finding",
        prefix.location,
        `the tools of '${name}' and of '${other.name}' have the same prefix '${prefix.value}'`,
        "LiteLLM can't tell them apart",
        "give one of the two another alias",
        "stops",
      );
    if (prefix.value !== name && separator !== "" && prefix.value.includes(separator))
      notes.add(
        "finding",
        prefix.location,
        `the alias '${prefix.value}' has a '${separator}', which separates server and tool`,
        "LiteLLM takes what is in front of the first one for the server",
        `write '${prefix.value.replaceAll(separator, "_")}'`,
        "stops",
      );
  }
}
