import type { GatewayWith } from "../../../containers/targets/needs.ts";
import type { SourceLocation } from "../../../helpers/deployment/types.ts";
import { resultOf } from "../../../helpers/protocol/json-rpc.ts";
import { rpc } from "./rpc.ts";

/** Why tools are missing from a listing. */
export interface MissingToolsCause {
  cause: string;
  /** The last lines of LiteLLM's log that name the servers. */
  log: readonly string[];
  /** The line of the variable, or of the command, that the log complains about. */
  location?: SourceLocation;
}

/**
 * Why no tool of these servers is listed. An empty list has the status 200: the reason is only in LiteLLM's log, and in
 * the listing's `_meta` on newer versions.
 *
 * @param servers names of the servers of which no tool is listed
 */
export async function causeOfMissingTools(
  gateway: GatewayWith<"part-logs">,
  servers: readonly string[],
): Promise<MissingToolsCause> {
  if (servers.length === 0) return { cause: "LiteLLM drops or renames single tools", log: [] };
  const [log, listing] = await Promise.all([
    gateway.log("litellm"),
    rpc(gateway, { path: gateway.policy.mcp.endpoint, method: "tools/list", bearer: gateway.masterKey }),
  ]);
  const found = causeFrom(servers, log, serverOutcomes(resultOf(listing, 1)));
  const location = lineOfCause(gateway.deployment, servers, found.cause);
  return location === undefined ? found : { ...found, location };
}

/** The line of what a cause is about. A variable that is not set has none; then it is LiteLLM's service. */
function lineOfCause(
  { litellm, litellmConfig }: GatewayWith<"part-logs">["deployment"],
  servers: readonly string[],
  cause: string,
): SourceLocation | undefined {
  const variable = /LITELLM_ENABLE_MCP_STDIO|LITELLM_MCP_STDIO_EXTRA_COMMANDS/.exec(cause)?.[0];
  if (variable !== undefined) {
    const others = [...litellm.environment].flatMap(([name, own]) => (/MCP_STDIO/.test(name) ? [own] : []));
    return (litellm.environment.get(variable) ?? others[0] ?? litellm).location;
  }
  if (!cause.includes("its command")) return undefined;
  const isCommand = ([section, server = "", key]: readonly string[]): boolean =>
    section === "mcp_servers" && servers.includes(server) && key === "command";
  return litellmConfig.texts.find(({ path }) => isCommand(path))?.value.location;
}

/** The cause from LiteLLM's log and the outcomes in its listing. */
export function causeFrom(
  servers: readonly string[],
  log: string,
  outcomes: ReadonlyMap<string, string>,
): MissingToolsCause {
  const lines = log
    .split("\n")
    .filter((line) => servers.some((name) => line.includes(name)) && /error|fail|warn|timeout|will not/i.test(line));
  const outcome = servers.flatMap((name) => outcomeCauses[outcomes.get(name) ?? ""] ?? [])[0];
  const cause =
    lineCauses.find(([pattern]) => pattern.test(lines.join("\n")))?.[1] ??
    outcome ??
    logCauses.find(([pattern]) => pattern.test(log))?.[1] ??
    "LiteLLM could not start it, or it did not answer in time";
  return { cause: `no tool of ${servers.join(" and ")} is listed: ${cause}`, log: lines.slice(-5) };
}

/** Server to the status of its listing, from a listing's `_meta` (1.106.2); empty for a version that does not report it. */
export function serverOutcomes(result: Record<string, unknown> | undefined): ReadonlyMap<string, string> {
  const meta = result?._meta as Record<string, Record<string, { status?: string }>> | undefined;
  const outcomes = Object.entries(meta?.["litellm.ai/server_outcomes"] ?? {});
  return new Map(outcomes.map(([server, { status = "" }]) => [server, status]));
}

/** What LiteLLM's log contains when all tools of an upstream are missing, the most specific first. */
const logCauses: readonly (readonly [RegExp, string])[] = [
  [
    /stdio MCP servers are disabled|LITELLM_ENABLE_MCP_STDIO/,
    "this LiteLLM starts no stdio server unless LITELLM_ENABLE_MCP_STDIO=true",
  ],
  [/MCP_STDIO_EXTRA_COMMANDS/, "its command is not among LITELLM_MCP_STDIO_EXTRA_COMMANDS"],
  [/No such file or directory|ENOENT|FileNotFoundError/, "its command is not installed where LiteLLM runs"],
  [
    /tools from \S+: ValidationError|validation errors? for (?:List)?Tool/i,
    "LiteLLM rejected the schema of one of its tools and dropped all of them",
  ],
  [
    /Client error '400 Bad Request' for url/,
    "it answers 400 to LiteLLM, although it answers a client: LiteLLM 1.77.1 sends MCP-Protocol-Version twice, which servers on newer SDKs refuse",
  ],
  [
    /Client error '421 /,
    "it answers 421 to the name by which LiteLLM calls it: its protection against DNS rebinding allows other names only (modelcontextprotocol/python-sdk#1798); add the name to its allowed hosts",
  ],
  [
    /Timeout while listing tools|Client operation cancelled/,
    "it did not answer within LiteLLM's own 30 s: a slow upstream, or an overloaded machine",
  ],
];

/** What a line that names the server says besides; elsewhere in the log it may be about a model's provider. */
const lineCauses: typeof logCauses = [
  ...logCauses,
  [/Client error '40[13] /, "it refuses LiteLLM's credential: its auth_type, token or headers are missing or wrong"],
  [/Client error '404 /, "nothing is at the path of its URL"],
];

/** The statuses that 1.106.2 reports for a server in a listing's `_meta` when its log does not mention the server. */
const outcomeCauses: Readonly<Record<string, string>> = {
  forbidden: "LiteLLM may not start its command, which is not among LITELLM_MCP_STDIO_EXTRA_COMMANDS",
  unreachable: "nothing answers at its address",
  timeout: "it did not answer within LiteLLM's own limit",
};
