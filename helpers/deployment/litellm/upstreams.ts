import type { FaultList } from "../source/fault-list.ts";
import type { SourceLocation } from "../source/location.ts";
import { readShape } from "../source/shape.ts";
import { locationOf, nodeAt, toPlain, type YamlMap, type YamlNode } from "../source/yaml-tree.ts";
import { laterServerKeyNames, serverShape } from "./config-shape.ts";
import type { UpstreamConfig } from "./types.ts";

/**
 * The servers under `mcp_servers`. A server that LiteLLM refuses, or keys that it ignores, become faults.
 *
 * @param resolved the config with `os.environ/X` replaced by the variables' values
 * @param version LiteLLM's version, which decides the known keys; undefined for an unknown one
 */
export function readUpstreams(
  root: YamlMap,
  resolved: YamlNode,
  version: string | undefined,
  faults: FaultList,
): UpstreamConfig[] {
  const servers = nodeAt(resolved, "mcp_servers");
  if (servers === undefined || servers.kind !== "map" || servers.entries.size === 0) {
    faults.add(
      locationOf(root, ["mcp_servers"]),
      "LiteLLM's config has no mcp_servers",
      "add 'mcp_servers:' with the upstreams below it",
    );
    return [];
  }
  const upstreams: UpstreamConfig[] = [];
  for (const [name, { keyLocation, value }] of servers.entries) {
    const upstream = readUpstream(name, keyLocation, value, version, faults);
    if (upstream !== undefined) upstreams.push(upstream);
  }
  return upstreams;
}

function readUpstream(
  name: string,
  location: SourceLocation,
  node: YamlNode,
  version: string | undefined,
  faults: FaultList,
): UpstreamConfig | undefined {
  const within = `mcp_servers.${name}`;
  if (name.includes("-")) {
    faults.add(
      location,
      `the server's name '${name}' has a '-', which separates server and tool: LiteLLM 1.77.1 refuses to start`,
      `write '${name.replaceAll("-", "_")}'`,
    );
  }
  if (node.kind !== "map") {
    faults.add(location, `${within} is not a mapping`, "write transport: and command: or url: below it");
    return undefined;
  }
  const data = readShape(serverShape, node, toPlain(node), faults, within);
  if (version === "1.77.1") {
    for (const [key, { keyLocation }] of node.entries) {
      if (laterServerKeyNames.includes(key))
        faults.add(
          keyLocation,
          `'${key}' in ${within}: LiteLLM 1.77.1 ignores it without a warning`,
          "remove it, or use an image with a newer version",
        );
    }
  }
  if (data === undefined) return undefined;
  if (data.transport === undefined && data.command !== undefined) {
    faults.add(
      locationOf(node, ["command"]),
      `${within} has a command but no transport: LiteLLM assumes http`,
      "add 'transport: stdio'",
    );
    return undefined;
  }
  const transport = data.transport ?? "http";
  if (transport === "stdio") {
    if (data.command === undefined) {
      faults.add(location, `${within} has no command: LiteLLM starts and its catalogue stays empty`, "add 'command:'");
      return undefined;
    }
    if (data.url !== undefined)
      faults.add(
        locationOf(node, ["url"]),
        `${within} is stdio and has a url, which has no effect`,
        "remove the url, or set 'transport: http'",
      );
    const env = new Map(Object.entries(data.env ?? {}).map(([key, value]) => [key, String(value)]));
    return { name, location, transport, command: data.command, args: data.args ?? [], env };
  }
  if (data.command !== undefined)
    faults.add(
      locationOf(node, ["command"]),
      `${within} is ${transport} and has a command, which has no effect`,
      "remove the command, or set 'transport: stdio'",
    );
  if (data.url === undefined) {
    faults.add(location, `${within} has no url: LiteLLM starts and its catalogue stays empty`, "add 'url:'");
    return undefined;
  }
  if (!URL.canParse(data.url) || !/^https?:/.test(data.url)) {
    faults.add(
      locationOf(node, ["url"]),
      `the url of ${within} is not an http address`,
      "write it like http://name:8000/mcp",
    );
    return undefined;
  }
  const headers = new Map(Object.entries(data.static_headers ?? {}).map(([key, value]) => [key, String(value)]));
  const token = data.authentication_token ?? data.auth_value;
  const scheme: Readonly<Record<string, (token: string) => [string, string]>> = {
    bearer_token: (value) => ["Authorization", `Bearer ${value}`],
    basic: (value) => ["Authorization", `Basic ${Buffer.from(value).toString("base64")}`],
    api_key: (value) => ["X-API-Key", value],
    authorization: (value) => ["Authorization", value],
  };
  const header = token === undefined ? undefined : scheme[data.auth_type ?? ""]?.(token);
  if (header !== undefined) headers.set(header[0], header[1]);
  return { name, location, transport, url: data.url, headers };
}
