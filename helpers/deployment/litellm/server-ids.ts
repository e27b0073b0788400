import { textOf } from "../compose/loading/nodes.ts";
import type { FaultList } from "../source/fault-list.ts";
import { nodeAt, type YamlMap, type YamlNode } from "../source/yaml-tree.ts";
import { isAbsent } from "./server-types.ts";
import { atLeast, type RunningVersion, withGuess } from "./version.ts";

/**
 * Reports `server_id`s with which LiteLLM refuses to start: an empty one, no text, one that an entry above has, and one that is the
 * name or the alias of another entry. Source: litellm 1.106.2, mcp_server_manager.py, `_pinned_config_server_id` and
 * `_reject_config_server_id_collision`; 1.92.0 ignores the key, the versions in between were not measured.
 *
 * @param root the config, with its `litellm_settings`
 */
export function checkServerIds(
  root: YamlNode,
  servers: YamlMap,
  { version, fixOfGuess, faults }: RunningVersion & { faults: FaultList },
): void {
  if (!atLeast(version, "1.106.2")) return;
  const owners = identifiersOf(root, servers);
  const used = new Map<string, string>();
  for (const [server, { value: entry }] of servers.entries) {
    const node = nodeAt(entry, "server_id");
    if (node === undefined || isAbsent(node)) continue;
    const within = `server_id of mcp_servers.${server}`;
    const refuse = (what: string, fix: string): void =>
      faults.add(node.location, `${what}: LiteLLM ${version} refuses to start`, withGuess(fix, fixOfGuess));
    const id = node.kind === "scalar" && typeof node.value === "string" ? node.value.trim() : undefined;
    if (id === undefined || id === "") {
      refuse(`${within} is ${id === "" ? "empty" : "not a text"}`, "write a text in quotes, or remove the key");
      continue;
    }
    const [first, other] = [used.get(id), owners.find((one) => one.identifier === id && one.server !== server)?.server];
    if (first !== undefined)
      refuse(`${within} is '${id}', which mcp_servers.${first} has too`, "give each server an id of its own");
    else if (other !== undefined)
      refuse(`${within} is '${id}', which is the name or the alias of mcp_servers.${other}`, "write another id");
    used.set(id, first ?? server);
  }
}

/** The names and the aliases of all servers; an alias is the server's own, else the first one that `mcp_aliases` has for it. */
function identifiersOf(root: YamlNode, servers: YamlMap): { identifier: string; server: string }[] {
  const mapped = nodeAt(root, "litellm_settings", "mcp_aliases");
  const aliases = mapped?.kind === "map" ? [...mapped.entries] : [];
  return [...servers.entries].flatMap(([server, { value: entry }]) => {
    const own = nodeAt(entry, "alias");
    const alias =
      own === undefined || isAbsent(own) ? aliases.find(([, { value }]) => textOf(value) === server)?.[0] : textOf(own);
    return [server, ...(alias === undefined || alias === "" ? [] : [alias])].map((identifier) => ({
      identifier,
      server,
    }));
  });
}
