import type { GatewayTarget } from "../../../containers/targets/needs.ts";
import { resultOf } from "../../../helpers/protocol/json-rpc.ts";
import { rpc } from "./rpc.ts";

/** What LiteLLM's log says when an upstream's tools are all gone, most telling first. */
const causes: readonly (readonly [RegExp, string])[] = [
  [
    /stdio MCP servers are disabled|LITELLM_ENABLE_MCP_STDIO/,
    "this LiteLLM starts no stdio server unless LITELLM_ENABLE_MCP_STDIO=true",
  ],
  [/MCP_STDIO_EXTRA_COMMANDS/, "the command is not among LITELLM_MCP_STDIO_EXTRA_COMMANDS"],
  [/No such file or directory|ENOENT|FileNotFoundError/, "the upstream's command is not installed where LiteLLM runs"],
  [
    /tools from \S+: ValidationError|validation errors? for (?:List)?Tool/i,
    "LiteLLM rejected the schema of one of its tools and dropped them all",
  ],
  [
    /Timeout while listing tools|Client operation cancelled/,
    "it did not answer within LiteLLM's own 30 s: a slow upstream, or a machine that is busy",
  ],
];

/** What 1.106.2 says of each server in a listing's `_meta`, where its log says nothing. */
const outcomeCauses: Readonly<Record<string, string>> = {
  forbidden: "LiteLLM may not start its command: it is not among LITELLM_MCP_STDIO_EXTRA_COMMANDS",
  unreachable: "nothing answers at its address",
  timeout: "it did not answer within LiteLLM's own limit",
};

/**
 * Why no tool of these servers is listed: behind an empty list with status 200 nothing says it but LiteLLM's log, and
 * what newer versions write into the listing's `_meta`.
 *
 * @param silent names of the servers that no tool is listed of
 */
export async function whyMissing(gateway: GatewayTarget, silent: readonly string[]): Promise<string> {
  if (silent.length === 0) return "LiteLLM drops or renames single tools";
  const [log, listing] = await Promise.all([
    gateway.log("litellm"),
    rpc(gateway, { path: gateway.policy.mcp.endpoint, method: "tools/list", bearer: gateway.masterKey }),
  ]);
  return causeOf(silent, log, serverOutcomes(resultOf(listing, 1)));
}

/** The cause in words, with the lines of the log that name the servers. */
export function causeOf(silent: readonly string[], log: string, outcomes: ReadonlyMap<string, string>): string {
  const lines = log
    .split("\n")
    .filter((line) => silent.some((name) => line.includes(name)) && /error|fail|warn|timeout|will not/i.test(line));
  const outcome = silent.flatMap((name) => outcomeCauses[outcomes.get(name) ?? ""] ?? [])[0];
  const cause =
    causes.find(([pattern]) => pattern.test(lines.join("\n")))?.[1] ??
    outcome ??
    causes.find(([pattern]) => pattern.test(log))?.[1] ??
    "LiteLLM could not start it or it did not answer in time";
  return [`no tool of ${silent.join(" and ")}: ${cause}`, ...lines.slice(-5)].join("\n");
}

/** Server to what became of it, from `_meta` of a listing (1.106.2); empty where a version says nothing. */
export function serverOutcomes(result: Record<string, unknown> | undefined): ReadonlyMap<string, string> {
  const meta = result?._meta as Record<string, Record<string, { status?: string }>> | undefined;
  const outcomes = Object.entries(meta?.["litellm.ai/server_outcomes"] ?? {});
  return new Map(outcomes.map(([server, { status = "" }]) => [server, status]));
}
