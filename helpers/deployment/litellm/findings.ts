import { suggest } from "../../core/text/nearest.ts";
import type { FaultList } from "../source/fault-list.ts";
import type { NoteList } from "../source/note-list.ts";
import { locationOf, nodeAt, type YamlMap } from "../source/yaml-tree.ts";
import { configKeys } from "./config-shape.ts";
import { generalSettings, litellmSettings, providers, routerSettings } from "./known-settings.ts";

/** Keys that LiteLLM does not read where operators write them, and where they belong. */
const misplaced: Readonly<Record<string, string>> = {
  virtual_keys: "remove it, and make keys with POST /key/generate: LiteLLM keeps them in its database",
  master_key: "move it to general_settings.master_key",
  mcp_aliases: "move it to litellm_settings.mcp_aliases, or write alias: under the server",
  enable_jwt_auth: "move it to general_settings",
  litellm_jwtauth: "move it to general_settings",
  database_url: "move it to general_settings, or set the variable DATABASE_URL",
};

const sections: readonly (readonly [name: string, known: readonly string[]])[] = [
  ["general_settings", generalSettings],
  ["litellm_settings", litellmSettings],
  ["router_settings", routerSettings],
];

/** Reports what LiteLLM ignores at the top level and in its sections. A section of the wrong kind is a fault. */
export function checkSections(root: YamlMap, { faults, notes }: { faults: FaultList; notes: NoteList }): void {
  for (const [key, { keyLocation }] of root.entries) {
    if (configKeys.includes(key)) continue;
    const fix = misplaced[key] ?? moveTo(sectionOf(key, ""), key, root) ?? suggest(key, configKeys, "remove it");
    notes.add("finding", keyLocation, `unknown key '${key}'`, "LiteLLM ignores it without a warning", fix);
  }
  for (const [section, known] of sections) {
    const node = nodeAt(root, section);
    if (node === undefined || (node.kind === "scalar" && node.value === null)) continue;
    if (node.kind !== "map") {
      // Router settings that are not a mapping are ignored.
      if (section !== "router_settings")
        faults.add(
          locationOf(root, [section]),
          `${section} is not a mapping: LiteLLM refuses to start`,
          "write key: value below it",
        );
      continue;
    }
    for (const [key, { keyLocation }] of node.entries) {
      // The master key has its own report.
      if (known.includes(key) || key === "master_key") continue;
      const other = section === "router_settings" ? undefined : sectionOf(key, section);
      const fix = misplaced[key] ?? moveTo(other, key, root) ?? suggest(key, known, "remove it");
      notes.add("finding", keyLocation, `unknown key '${key}' in ${section}`, "LiteLLM reads no such setting", fix);
    }
  }
  const settings = nodeAt(root, "litellm_settings");
  if (settings?.kind === "scalar" && settings.value === null && nodeAt(root, "mcp_servers")?.kind === "map")
    faults.add(
      locationOf(root, ["litellm_settings"]),
      "litellm_settings is empty while there are mcp_servers: LiteLLM refuses to start",
      "remove the key, or write a setting below it",
    );
}

/** The section other than the given one in which LiteLLM reads a key. */
function sectionOf(key: string, section: string): string | undefined {
  return sections.find(([name, keys]) => name !== section && keys.includes(key))?.[0];
}

function moveTo(section: string | undefined, key: string, root: YamlMap): string | undefined {
  if (section === undefined) return undefined;
  return nodeAt(root, section, key) === undefined ? `move it to ${section}` : `remove it: ${section} has it`;
}

/** Reports models whose provider LiteLLM does not know: it starts without them. */
export function checkProviders(root: YamlMap, notes: NoteList): void {
  const list = nodeAt(root, "model_list");
  if (list?.kind !== "list") return;
  for (const item of list.items) {
    const model = nodeAt(item, "litellm_params", "model");
    if (model?.kind !== "scalar" || typeof model.value !== "string") continue;
    const [provider = "", ...rest] = model.value.split("/");
    const isCustom = nodeAt(item, "litellm_params", "custom_llm_provider") !== undefined;
    if (rest.length === 0 || isCustom || providers.includes(provider) || provider === "*") continue;
    if (nodeAt(item, "litellm_params", "api_base") !== undefined || provider === "os.environ") continue;
    notes.add(
      "finding",
      model.location,
      `the model '${model.value}' names the provider '${provider}', which LiteLLM does not know`,
      "LiteLLM starts without this model",
      suggest(provider, providers, "write openai/ in front of it, for a server that speaks OpenAI's protocol"),
      "stops",
    );
  }
}
