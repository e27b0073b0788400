import { createHash } from "node:crypto";
import type { Written } from "../source/location.ts";
import type { NoteList } from "../source/note-list.ts";
import { locationOf, nodeAt, type YamlMap } from "../source/yaml-tree.ts";
import { atLeast } from "./version.ts";

/**
 * The prefix of a server's tools: its `alias`, else one of `litellm_settings.mcp_aliases`, else its name. Up to 1.83.0 (not
 * in 1.92.0 any more) LiteLLM looks for it twice and forgets the first: a server with one alias there keeps its name, one
 * with two gets the second. Source: mcp_server_manager.py, `load_servers_from_config`; measured with 1.77.1 and 1.106.2.
 */
export function serverPrefix(root: YamlMap, name: string, version: string, used: Set<string>): Written<string> {
  const own = nodeAt(root, "mcp_servers", name, "alias");
  if (own?.kind === "scalar" && typeof own.value === "string" && own.value !== "")
    return { value: own.value, location: locationOf(root, ["mcp_servers", name, "alias"]) };
  const aliases = nodeAt(root, "litellm_settings", "mcp_aliases");
  const entries = aliases?.kind === "map" ? [...aliases.entries] : [];
  let found: Written<string> = { value: name, location: locationOf(root, ["mcp_servers", name]) };
  for (let pass = atLeast(version, "1.92.0") ? 2 : 1; pass <= 2; pass++) {
    const match = entries.find(
      ([alias, { value }]) => value.kind === "scalar" && value.value === name && !used.has(alias),
    );
    if (match !== undefined) used.add(match[0]);
    const isLast = pass === 2;
    if (isLast && match !== undefined) found = { value: match[0], location: match[1].keyLocation };
  }
  return found;
}

/** Reports aliases of `litellm_settings.mcp_aliases` that have no effect. */
export function checkAliases(
  root: YamlMap,
  prefixes: ReadonlyMap<string, string>,
  version: string,
  notes: NoteList,
): void {
  const aliases = nodeAt(root, "litellm_settings", "mcp_aliases");
  if (aliases?.kind !== "map") return;
  for (const [alias, { keyLocation, value }] of aliases.entries) {
    const name = value.kind === "scalar" ? String(value.value) : "";
    const prefix = prefixes.get(name);
    if (prefix === alias) continue;
    const what = `mcp_aliases gives '${name}' the name '${alias}'`;
    if (prefix === undefined)
      notes.add(
        "finding",
        keyLocation,
        what,
        "there is no such server under mcp_servers",
        "fix the name, or remove it",
      );
    else
      notes.add(
        "finding",
        keyLocation,
        what,
        `LiteLLM ${version} does not apply it: the server's tools keep the prefix '${prefix}'`,
        `write alias: ${alias} under mcp_servers.${name}`,
      );
  }
}

const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const base62 = `0123456789${letters}`;

/**
 * The prefix of three characters that `LITELLM_USE_SHORT_MCP_TOOL_PREFIX` puts in place of a server's name (from 1.92.0 on).
 * Source: proxy/_experimental/mcp_server/utils.py, `compute_short_server_prefix`.
 */
export function shortPrefix(server: {
  name: string;
  url: string;
  transport: string;
  authType: string;
  alias: string;
}): string {
  const { name, url, transport, authType, alias } = server;
  const id = sha256([name, url, transport, authType, alias].join("|")).toString("hex").slice(0, 32);
  let value = sha256(id).readBigUInt64BE(0);
  const characters: string[] = [];
  for (let position = 0; position < 3; position++) {
    const alphabet = position === 2 ? letters : base62;
    characters.push(alphabet[Number(value % BigInt(alphabet.length))] ?? "");
    value /= BigInt(alphabet.length);
  }
  return characters.reverse().join("");
}

function sha256(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
