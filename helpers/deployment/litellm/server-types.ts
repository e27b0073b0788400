import { textOf } from "../compose/loading/nodes.ts";
import type { FaultList } from "../source/fault-list.ts";
import { nodeAt, type YamlMap, type YamlNode } from "../source/yaml-tree.ts";
import { ignoresServerKey } from "./config-shape.ts";
import { atLeast, type RunningVersion, withGuess } from "./version.ts";

/** What LiteLLM demands of a value. */
interface ValueType {
  /** As a message has it, e.g. `a number`. */
  name: string;
  fix: string;
  accepts(node: YamlNode): boolean;
  /** Whether a message may show the value: no secret is written there. */
  isPublic?: boolean;
}

const text: ValueType = { name: "a text", fix: "put it into quotes", accepts: isText };
const number: ValueType = {
  name: "a number",
  fix: "write a number of seconds without a unit, e.g. 30",
  accepts: (node) =>
    isNumber(node, /^[+-]?(?:\d+(?:_\d+)*\.?(?:\d+(?:_\d+)*)?|\.\d+)(?:e[+-]?\d+)?$|^[+-]?(?:inf(?:inity)?|nan)$/i),
  isPublic: true,
};
const integer: ValueType = {
  name: "a whole number",
  fix: "write a whole number, e.g. 10",
  accepts: (node) => isNumber(node, /^[+-]?\d+(?:_\d+)*(?:\.0*)?$/),
  isPublic: true,
};
const mapping: ValueType = {
  name: "a mapping",
  fix: "write it as a mapping of names to values",
  accepts: (node) => node.kind === "map",
};
const mappingOrNothing: ValueType = { ...mapping, accepts: (node) => node.kind === "map" || isNothing(node) };
const listOfMappings: ValueType = {
  name: "a list of mappings",
  fix: "write a list, each item with name: and value:",
  accepts: (node) => node.kind === "list" && node.items.every(({ kind }) => kind === "map"),
};
const parametersByTool: ValueType = {
  name: "a mapping of tools to lists of parameters",
  fix: "write it like 'allowed_params: { TOOL: [PARAMETER] }'",
  accepts: (node) =>
    node.kind === "map" &&
    [...node.entries.values()].every(({ value }) => value.kind === "list" && value.items.every(isText)),
};

/**
 * The types of a server's keys beyond those that the suite itself reads. Pydantic takes a text for a number where it is one
 * (`"30"`), and no number for a text. Source: litellm 1.77.5, 1.78.0, 1.83.0, 1.92.0 and 1.106.2,
 * types/mcp_server/mcp_server_manager.py, `MCPServer`.
 */
const types: Readonly<Record<string, ValueType>> = {
  ...Object.fromEntries(
    [
      "client_id client_secret spec_path instructions audience token_exchange_endpoint aws_access_key_id",
      "aws_secret_access_key aws_session_token aws_region_name aws_service_name aws_role_name aws_session_name",
    ].flatMap((keys) => keys.split(" ").map((key) => [key, text])),
  ),
  allowed_params: parametersByTool,
  env_vars: listOfMappings,
  max_concurrent_requests: integer,
  mcp_info: mappingOrNothing,
  timeout: number,
  token_validation: mapping,
};

/** Reports values of a server with which LiteLLM refuses to start. */
export function checkServerTypes(
  within: string,
  node: YamlMap,
  { version, fixOfGuess, faults }: RunningVersion & { faults: FaultList },
): void {
  const refuse = (key: string, value: YamlNode, { name, fix, isPublic }: ValueType): void => {
    const given = isPublic === true ? shown(value) : `not ${name}`;
    const what = isPublic === true ? `${within}.${key} is ${given}, and not ${name}` : `${within}.${key} is ${given}`;
    faults.add(value.location, `${what}: LiteLLM ${version} refuses to start`, withGuess(fix, fixOfGuess));
  };
  for (const [key, { value }] of node.entries) {
    const type = types[key];
    if (type === undefined || ignoresServerKey(key, version) || isAbsent(value) || type.accepts(value)) continue;
    refuse(key, value, type);
  }
  checkFlags(within, node, { version, fixOfGuess, faults });
  if (atLeast(version, "1.77.5")) return;
  // Later versions take any field of mcp_info.
  const info = nodeAt(node, "mcp_info");
  const cost = nodeAt(info, "mcp_server_cost_info");
  const perQuery = nodeAt(cost, "default_cost_per_query");
  if (cost !== undefined && !isAbsent(cost) && cost.kind !== "map")
    refuse("mcp_info.mcp_server_cost_info", cost, mapping);
  if (perQuery !== undefined && !isAbsent(perQuery) && !number.accepts(perQuery))
    refuse("mcp_info.mcp_server_cost_info.default_cost_per_query", perQuery, { ...number, fix: "write a number" });
  const texts = [
    ...["server_name", "description", "logo_url"].map((key) => [`mcp_info.${key}`, nodeAt(info, key)] as const),
    ["description", nodeAt(info, "description") === undefined ? nodeAt(node, "description") : undefined] as const,
  ];
  for (const [key, value] of texts) {
    if (value === undefined) continue;
    // The others may be empty. Source: litellm 1.77.1, types/mcp_server/mcp_server_manager.py, `MCPInfo`.
    const isEmptyName = key === "mcp_info.server_name" && value.kind === "scalar" && value.value === null;
    if (isEmptyName) refuse(key, value, { ...text, fix: "write a name, or remove the line" });
    else if (!isAbsent(value) && !isText(value)) refuse(key, value, text);
  }
}

/**
 * The flags that LiteLLM takes from no other value than `true` and `false`. Source: litellm 1.106.2, mcp_server_manager.py,
 * `load_servers_from_config`; 1.92.0 ignores the keys, the versions in between were not measured.
 */
function checkFlags(
  within: string,
  node: YamlMap,
  { version, fixOfGuess, faults }: RunningVersion & { faults: FaultList },
): void {
  if (!atLeast(version, "1.106.2")) return;
  for (const key of ["dcr_bridge", "per_server_oauth_discovery"]) {
    const flag = nodeAt(node, key);
    if (flag === undefined || (isAbsent(flag) && key === "dcr_bridge")) continue;
    if (!isFlag(flag))
      faults.add(
        flag.location,
        `${within}.${key} is ${shown(flag)}, and not true or false: LiteLLM ${version} refuses to start`,
        withGuess("write true or false without quotes", fixOfGuess),
      );
  }
  const bridge = nodeAt(node, "dcr_bridge");
  const authType = textOf(nodeAt(node, "auth_type"));
  if (bridge === undefined || !isTrue(bridge) || ["true_passthrough", "oauth_delegate"].includes(authType ?? ""))
    return;
  faults.add(
    bridge.location,
    `${within} has dcr_bridge and ${authType === undefined ? "no auth_type" : `auth_type ${authType}`}: LiteLLM ${version} refuses to start`,
    withGuess("remove it, or write 'auth_type: true_passthrough' or 'auth_type: oauth_delegate'", fixOfGuess),
  );
}

/** LiteLLM makes a flag of a variable that is `true` or `false`. Source: secret_managers/main.py, `get_secret`. */
function isFlag(node: YamlNode): boolean {
  if (node.kind !== "scalar") return false;
  const isVariable = node.written.includes("os.environ/");
  return typeof node.value === "boolean" || (isVariable && /^(?:true|false)$/i.test(String(node.value).trim()));
}

function isTrue(node: YamlNode): boolean {
  return isFlag(node) && /^true$/i.test(textOf(node)?.trim() ?? "");
}

/** Whether LiteLLM gets no value: null, or a variable that is not set, which is a finding of its own. */
export function isAbsent(node: YamlNode): boolean {
  return node.kind === "scalar" && (node.value === null || String(node.value).startsWith("os.environ/"));
}

/** What Python takes for false. */
function isNothing(node: YamlNode): boolean {
  if (node.kind === "list") return node.items.length === 0;
  return node.kind === "scalar" && (node.value === "" || node.value === 0 || node.value === false);
}

function isText(node: YamlNode): boolean {
  return node.kind === "scalar" && typeof node.value === "string";
}

function isNumber(node: YamlNode, pattern: RegExp): boolean {
  if (node.kind !== "scalar") return false;
  if (typeof node.value === "boolean") return true;
  return pattern.test(String(node.value).trim());
}

function shown(node: YamlNode): string {
  if (node.kind !== "scalar") return node.kind === "map" ? "a mapping" : "a list";
  return node.value === null ? "empty" : `'${textOf(node)}'`;
}
