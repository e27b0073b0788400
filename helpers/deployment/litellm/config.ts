import { suggest } from "../../core/text/nearest.ts";
import type { ComposeService } from "../compose/types.ts";
import { EditableYaml } from "../source/editable-yaml.ts";
import { FaultList } from "../source/fault-list.ts";
import type { LiteralSecrets } from "../source/literal-secrets.ts";
import type { Written } from "../source/location.ts";
import { readShape } from "../source/shape.ts";
import { readSource } from "../source/source-file.ts";
import { locationOf, mapTexts, nodeAt, parseYaml, toPlain, type YamlMap, type YamlNode } from "../source/yaml-tree.ts";
import { findLiteLLMConfig } from "./config-file.ts";
import { configKeys, modelShape } from "./config-shape.ts";
import { checkCustomAuth } from "./custom-auth.ts";
import type { LiteLLMConfig } from "./types.ts";
import { readUpstreams } from "./upstreams.ts";

/** LiteLLM's config, read. */
export interface ReadLiteLLM {
  config: LiteLLMConfig;
  /** The file as written, for edits. */
  text: EditableYaml;
}

/** What reading LiteLLM's config needs of the rest of the deployment. */
export interface LiteLLMContext {
  /** Absolute path of the deployment's folder. */
  folder: string;
  secrets: LiteralSecrets;
  /** False when the env file could not be read: then no variable counts as unset. */
  variablesKnown: boolean;
  /** The version that will run; undefined for an unknown one. */
  version: string | undefined;
  faults: FaultList;
}

const PREFIX = "os.environ/";
/** Variables that every container has. */
const alwaysSet = ["HOME", "HOSTNAME", "PATH"];

/**
 * Reads LiteLLM's config as LiteLLM does. What it refuses, or ignores without a warning, becomes a fault.
 *
 * @returns undefined when the config can't be found or read
 */
export function readLiteLLMConfig(
  service: ComposeService,
  { folder, secrets, variablesKnown, version, faults }: LiteLLMContext,
): ReadLiteLLM | undefined {
  const found = findLiteLLMConfig(service, faults);
  if (found === undefined) return undefined;
  const source = readSource(found.file, faults, "write it, or fix the mount in compose.yaml");
  // PyYAML reads YAML 1.1: `on` is true there.
  const parsed = source === undefined ? undefined : parseYaml(source, faults, "1.1");
  if (source === undefined || parsed === undefined) return undefined;
  if (parsed.kind !== "map") {
    faults.add(parsed.location, "is not a mapping", "begin with model_list: and mcp_servers:");
    return undefined;
  }
  const root = mapTexts(parsed, (text) => secrets.text(text));
  if (root.kind !== "map") return undefined;
  for (const [key, { keyLocation }] of root.entries) {
    if (!configKeys.includes(key))
      faults.add(
        keyLocation,
        `unknown key '${key}': LiteLLM ignores it without a warning`,
        suggest(key, configKeys, `remove it (known here: ${configKeys.join(", ")})`),
      );
  }
  const environment = (name: string): string | undefined =>
    service.environment.get(name)?.value ?? (alwaysSet.includes(name) ? "" : undefined);
  // Without the env file every variable would seem unset.
  const referenceFaults = variablesKnown ? faults : new FaultList();
  checkReferences(root, [], service, referenceFaults);
  const resolved = mapTexts(root, (text) =>
    text.startsWith(PREFIX) ? (environment(text.slice(PREFIX.length)) ?? text) : text,
  );

  const settings = nodeAt(resolved, "general_settings");
  const customAuth = scalarText(nodeAt(settings, "custom_auth"));
  const masterKey = readMasterKey(root, settings, service, referenceFaults);
  if (customAuth !== undefined) checkCustomAuth(customAuth, root, found, service, faults);
  const plain = toPlain(root);
  return {
    config: {
      file: found.file,
      document: typeof plain === "object" && plain !== null && !Array.isArray(plain) ? plain : {},
      models: readModels(root, faults),
      upstreams: readUpstreams(root, resolved, version, faults),
      masterKey,
      customAuth,
    },
    text: new EditableYaml(folder, source, parsed),
  };
}

/** Every `os.environ/X` must be where LiteLLM substitutes it, and X must be set. */
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
          `'${item.value}' is in the list ${path.join(".")}: LiteLLM substitutes nothing in lists`,
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
      `${path.join(".")} contains '${PREFIX}' in the middle: LiteLLM substitutes whole values only`,
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
      "LiteLLM has no master key: 1.77.1 then treats every caller as an admin, newer versions don't start",
      fix,
    );
    return undefined;
  }
  if (value === "sk-1234")
    faults.add(location, "the master key is LiteLLM's well-known example: newer versions refuse to start with it", fix);
  return value;
}

function readModels(root: YamlMap, faults: FaultList): Written<string>[] {
  const list = nodeAt(root, "model_list");
  if (list === undefined) return [];
  if (list.kind !== "list") {
    faults.add(locationOf(root, ["model_list"]), "model_list is not a list", "write '- model_name: …' for each model");
    return [];
  }
  const models: Written<string>[] = [];
  for (const [index, item] of list.items.entries()) {
    const data = readShape(modelShape, item, toPlain(item), faults, `model_list[${index}]`);
    if (data !== undefined) models.push({ value: data.model_name, location: locationOf(item, ["model_name"]) });
  }
  return models;
}

function scalarText(node: YamlNode | undefined): string | undefined {
  return node?.kind === "scalar" && node.value !== null ? String(node.value) : undefined;
}
