import { posix } from "node:path";
import { suggest } from "../../core/text/nearest.ts";
import { FaultList } from "../source/fault-list.ts";
import type { LiteralSecrets } from "../source/literal-secrets.ts";
import { readShape } from "../source/shape.ts";
import { readSource } from "../source/source-file.ts";
import { locationOf, mapTexts, nodeAt, parseYaml, toPlain, type YamlMap, type YamlNode } from "../source/yaml-tree.ts";
import type { ComposeService, LiteLLMConfig, SourceLocation, UpstreamConfig, Written } from "../types.ts";
import { configKeys, laterServerKeyNames, modelShape, serverShape } from "./config-shape.ts";

const PREFIX = "os.environ/";
/** What every container has without anybody setting it. */
const alwaysSet = ["HOME", "HOSTNAME", "PATH"];

/** The config file that LiteLLM's command names, on this machine. */
export function findLiteLLMConfig(
  service: ComposeService,
  command: readonly Written<string>[],
  faults: FaultList,
): { file: string; inContainer: string; location: SourceLocation } | undefined {
  const named = optionOf(command, ["--config", "-c"]) ?? service.environment.get("CONFIG_FILE_PATH");
  if (named === undefined) {
    faults.add(
      service.location,
      `the command of '${service.name}' names no config`,
      "add --config /app/config.yaml to it",
    );
    return undefined;
  }
  const inContainer = posix.resolve(service.workingDir ?? "/app", named.value);
  const file = mountedFile(service, inContainer);
  if (file === undefined) {
    faults.add(
      named.location,
      `LiteLLM's config ${inContainer} is on no bind mount of '${service.name}'`,
      `mount it: ./litellm/config.yaml:${inContainer}:ro`,
    );
    return undefined;
  }
  return { file, inContainer, location: named.location };
}

/** The file on this machine behind a path in the container. */
function mountedFile(service: ComposeService, inContainer: string): string | undefined {
  const mounts = service.mounts
    .filter(({ target }) => inContainer === target || inContainer.startsWith(target === "/" ? "/" : `${target}/`))
    .toSorted((a, b) => b.target.length - a.target.length);
  const [mount] = mounts;
  if (mount === undefined || mount.kind !== "bind") return undefined;
  const rest = inContainer.slice(mount.target.length).replace(/^\//, "");
  return rest === "" ? mount.source : `${mount.source}/${rest}`;
}

function optionOf(command: readonly Written<string>[], names: readonly string[]): Written<string> | undefined {
  for (const [index, word] of command.entries()) {
    const equals = word.value.indexOf("=");
    if (equals > 0 && names.includes(word.value.slice(0, equals)))
      return { value: word.value.slice(equals + 1), location: word.location };
    if (names.includes(word.value)) return command[index + 1];
  }
  return undefined;
}

/** Reads LiteLLM's config as LiteLLM does; what it would refuse, or ignore in silence, becomes a fault. */
export function readLiteLLMConfig(
  found: { file: string; inContainer: string },
  service: ComposeService,
  { secrets, variablesKnown }: { secrets: LiteralSecrets; variablesKnown: boolean },
  faults: FaultList,
): LiteLLMConfig | undefined {
  const source = readSource(found.file, faults, "write it, or mend the mount in compose.yaml");
  // PyYAML reads YAML 1.1: `on` is true there.
  const parsed = source === undefined ? undefined : parseYaml(source, faults, "1.1");
  if (parsed === undefined) return undefined;
  if (parsed.kind !== "map") {
    faults.add(parsed.location, "is no mapping", "begin with model_list: and mcp_servers:");
    return undefined;
  }
  const root = mapTexts(parsed, (text) => secrets.text(text));
  if (root.kind !== "map") return undefined;
  for (const [key, { keyLocation }] of root.entries) {
    if (!configKeys.includes(key))
      faults.add(
        keyLocation,
        `unknown key '${key}': LiteLLM ignores it in silence`,
        suggest(key, configKeys, `remove it (known here: ${configKeys.join(", ")})`),
      );
  }
  const environment = (name: string): string | undefined =>
    service.environment.get(name)?.value ?? (alwaysSet.includes(name) ? "" : undefined);
  // Where the env file could not be read, every variable would seem unset.
  const silent = variablesKnown ? faults : new FaultList();
  checkReferences(root, [], service, silent);
  const resolved = mapTexts(root, (text) =>
    text.startsWith(PREFIX) ? (environment(text.slice(PREFIX.length)) ?? text) : text,
  );

  const settings = nodeAt(resolved, "general_settings");
  const customAuth = scalarText(nodeAt(settings, "custom_auth"));
  const masterKey = readMasterKey(root, settings, service, silent);
  if (customAuth !== undefined) checkCustomAuth(customAuth, root, found, service, faults);
  const plain = toPlain(root);
  return {
    file: found.file,
    document: typeof plain === "object" && plain !== null && !Array.isArray(plain) ? plain : {},
    models: readModels(root, faults),
    upstreams: readUpstreams(root, resolved, service, faults),
    masterKey,
    customAuth,
  };
}

/** Every `os.environ/X` must stand where LiteLLM looks for it, and X must be set. */
function checkReferences(node: YamlNode, path: readonly string[], service: ComposeService, faults: FaultList): void {
  if (node.kind === "map") {
    for (const [key, { value }] of node.entries) checkReferences(value, [...path, key], service, faults);
    return;
  }
  if (node.kind === "list") {
    for (const item of node.items) {
      if (item.kind === "scalar" && typeof item.value === "string" && item.value.includes(PREFIX)) {
        faults.add(
          item.location,
          `'${item.value}' stands in the list ${path.join(".")}: LiteLLM substitutes nothing in lists`,
          "write the value itself, or use a key under env",
        );
      } else checkReferences(item, path, service, faults);
    }
    return;
  }
  if (typeof node.value !== "string" || !node.value.includes(PREFIX)) return;
  const name = node.value.slice(PREFIX.length);
  if (!node.value.startsWith(PREFIX)) {
    faults.add(
      node.location,
      `${path.join(".")} holds '${PREFIX}' in the middle: LiteLLM substitutes whole values only`,
      `set one variable to the whole value, and write ${PREFIX}NAME`,
    );
  } else if (!service.environment.has(name) && !alwaysSet.includes(name)) {
    faults.add(
      node.location,
      `${path.join(".")}: the variable '${name}' is not set in the environment of '${service.name}'`,
      suggest(name, service.environment.keys(), `set ${name} in the env file`),
    );
  }
}

function readMasterKey(
  root: YamlMap,
  settings: YamlNode | undefined,
  service: ComposeService,
  faults: FaultList,
): string | undefined {
  const fix =
    "set general_settings.master_key to os.environ/LITELLM_MASTER_KEY, and that variable to a long random value";
  const written = scalarText(nodeAt(settings, "master_key"));
  const value = written ?? service.environment.get("LITELLM_MASTER_KEY")?.value;
  const location = locationOf(root, ["general_settings", "master_key"]);
  if (value === undefined || value === "") {
    faults.add(
      location,
      "LiteLLM has no master key: 1.77.1 then takes every caller for an admin, newer versions don't boot",
      fix,
    );
    return undefined;
  }
  if (value === "sk-1234")
    faults.add(location, "the master key is LiteLLM's well-known example: newer versions refuse to boot with it", fix);
  return value;
}

/** `module.function`, where the module lies beside the config: LiteLLM looks nowhere else. */
function checkCustomAuth(
  value: string,
  root: YamlMap,
  found: { inContainer: string },
  service: ComposeService,
  faults: FaultList,
): void {
  const location = locationOf(root, ["general_settings", "custom_auth"]);
  const parts = value.split(".");
  const name = parts.at(-1) ?? "";
  if (parts.length < 2 || parts.includes("")) {
    faults.add(
      location,
      `custom_auth is '${value}', expected module.function`,
      "write it like scoped_keys.authenticate",
    );
    return;
  }
  const inContainer = posix.join(posix.dirname(found.inContainer), `${parts.slice(0, -1).join("/")}.py`);
  const file = mountedFile(service, inContainer);
  if (file === undefined) {
    faults.add(
      location,
      `custom_auth is in ${inContainer}, which is on no bind mount of '${service.name}'`,
      `mount the module there: LiteLLM looks beside its config only`,
    );
    return;
  }
  const source = readSource(file, faults, "write the module, or mend custom_auth");
  if (source === undefined) return;
  const defined = [...source.text.matchAll(/^(async\s+)?def\s+([A-Za-z_]\w*)/gm)];
  const own = defined.find((match) => match[2] === name);
  if (own === undefined) {
    faults.add(
      location,
      `custom_auth names '${name}', which ${posix.basename(inContainer)} does not define`,
      suggest(
        name,
        defined.map((match) => match[2] ?? ""),
        `define 'async def ${name}(request, api_key)'`,
      ),
    );
  } else if (own[1] === undefined) {
    faults.add(
      { file: source.file, line: source.lineAt(own.index) },
      `'${name}' is no async function: LiteLLM awaits it`,
      `write 'async def ${name}(request, api_key)'`,
    );
  }
}

function readModels(root: YamlMap, faults: FaultList): Written<string>[] {
  const list = nodeAt(root, "model_list");
  if (list === undefined) return [];
  if (list.kind !== "list") {
    faults.add(locationOf(root, ["model_list"]), "model_list is no list", "write '- model_name: …' for each model");
    return [];
  }
  const models: Written<string>[] = [];
  for (const [index, item] of list.items.entries()) {
    const data = readShape(modelShape, item, toPlain(item), faults, `model_list[${index}]`);
    if (data !== undefined) models.push({ value: data.model_name, location: locationOf(item, ["model_name"]) });
  }
  return models;
}

function readUpstreams(
  root: YamlMap,
  resolved: YamlNode,
  service: ComposeService,
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
    const upstream = readUpstream(name, keyLocation, value, service, faults);
    if (upstream !== undefined) upstreams.push(upstream);
  }
  return upstreams;
}

function readUpstream(
  name: string,
  location: SourceLocation,
  node: YamlNode,
  service: ComposeService,
  faults: FaultList,
): UpstreamConfig | undefined {
  const within = `mcp_servers.${name}`;
  if (name.includes("-")) {
    faults.add(
      location,
      `the server's name '${name}' has a '-', which divides server from tool: LiteLLM 1.77.1 refuses to boot`,
      `write '${name.replaceAll("-", "_")}'`,
    );
  }
  if (node.kind !== "map") {
    faults.add(location, `${within} is no mapping`, "write transport: and command: or url: below it");
    return undefined;
  }
  const data = readShape(serverShape, node, toPlain(node), faults, within);
  if (service.version === "1.77.1") {
    for (const [key, { keyLocation }] of node.entries) {
      if (laterServerKeyNames.includes(key))
        faults.add(
          keyLocation,
          `'${key}' in ${within}: LiteLLM 1.77.1 ignores it in silence`,
          "remove it, or use an image with a newer version",
        );
    }
  }
  if (data === undefined) return undefined;
  if (data.transport === undefined && data.command !== undefined) {
    faults.add(
      locationOf(node, ["command"]),
      `${within} has a command but no transport: LiteLLM takes http`,
      "add 'transport: stdio'",
    );
    return undefined;
  }
  const transport = data.transport ?? "http";
  if (transport === "stdio") {
    if (data.command === undefined) {
      faults.add(location, `${within} has no command: LiteLLM boots and its catalogue stays empty`, "add 'command:'");
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
    faults.add(location, `${within} has no url: LiteLLM boots and its catalogue stays empty`, "add 'url:'");
    return undefined;
  }
  if (!URL.canParse(data.url) || !/^https?:/.test(data.url)) {
    faults.add(
      locationOf(node, ["url"]),
      `the url of ${within} is no http address`,
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

function scalarText(node: YamlNode | undefined): string | undefined {
  return node?.kind === "scalar" && node.value !== null ? String(node.value) : undefined;
}
