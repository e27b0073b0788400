import type { GatewayWith } from "../../../containers/targets/needs.ts";
import { deadlines } from "../../../helpers/core/deadlines.ts";
import type { Deployment, SourceLocation } from "../../../helpers/deployment/types.ts";
import { resultOf } from "../../../helpers/protocol/json-rpc.ts";
import { initializeParams, rpc } from "./rpc.ts";

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
  gateway: GatewayWith<"part-logs" | "commands">,
  servers: readonly string[],
): Promise<MissingToolsCause> {
  if (servers.length === 0) return { cause: "LiteLLM drops or renames single tools", log: [] };
  const [log, listing, answers] = await Promise.all([
    gateway.log("litellm"),
    rpc(gateway, { path: gateway.policy.mcp.endpoint, method: "tools/list", bearer: gateway.masterKey }),
    Promise.all(servers.map((server) => answerInside(gateway, server))),
  ]);
  const hidden = hiddenBehindProxy(gateway.deployment, servers, log);
  if (hidden !== undefined) return hidden;
  const found = causeFrom(servers, log, serverOutcomes(resultOf(listing, 1)), answers.join("\n"));
  const location = lineOfCause(gateway.deployment, servers, found.cause);
  return location === undefined ? found : { ...found, location };
}

/** The line of what a cause is about. A variable that is not set has none; then it is LiteLLM's service. */
export function lineOfCause(
  { litellm, litellmConfig }: Pick<Deployment, "litellm" | "litellmConfig">,
  servers: readonly string[],
  cause: string,
): SourceLocation | undefined {
  const variable = /LITELLM_ENABLE_MCP_STDIO|LITELLM_MCP_STDIO_EXTRA_COMMANDS/.exec(cause)?.[0];
  if (variable !== undefined) {
    const others = [...litellm.environment].flatMap(([name, own]) => (/MCP_STDIO/.test(name) ? [own] : []));
    return (litellm.environment.get(variable) ?? others[0] ?? litellm).location;
  }
  const keys = cause.includes("its command") ? ["command"] : cause.includes("its auth_type") ? credentialKeys : [];
  const lines = keys.flatMap((wanted) =>
    litellmConfig.texts.filter(
      ({ path: [section, server = "", key] }) =>
        section === "mcp_servers" && servers.includes(server) && key === wanted,
    ),
  );
  return lines[0]?.value.location;
}

/** The keys of a server by which LiteLLM gets its credential: what is wrong with it is most likely in the first one. */
const credentialKeys = ["auth_type", "auth_value", "authentication_token", "static_headers"];

/**
 * How a server answers LiteLLM's container at the address in LiteLLM's config: `status 421`, or the error's name and text. LiteLLM
 * 1.106.2 logs neither. Empty for one that LiteLLM starts itself, and where nothing can be asked.
 */
async function answerInside(gateway: GatewayWith<"part-logs" | "commands">, server: string): Promise<string> {
  const upstream = gateway.deployment.litellmConfig.upstreams.find(({ name }) => name === server);
  if (upstream === undefined || upstream.transport === "stdio") return "";
  const headers = JSON.stringify(Object.fromEntries(upstream.headers));
  const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "initialize", params: initializeParams });
  const order = [upstream.url, headers, upstream.transport === "sse" ? "" : body, String(deadlines.request / 1000)];
  // Without an answer the log and the listing must do: LiteLLM may be down, or its image may have no Python on the path.
  const asked = await gateway.run("litellm", ["python3", "-c", askProgram, ...order]).catch(() => undefined);
  return asked?.exitCode === 0 ? asked.stdout.trim() : "";
}

/** Arguments: a URL, headers as JSON, a body for a POST (empty: a GET), the deadline in seconds. */
const askProgram = `
import json, sys, urllib.error, urllib.request
url, headers, body, deadline = sys.argv[1:]
accept = {"Accept": "application/json, text/event-stream", "Content-Type": "application/json"}
request = urllib.request.Request(url, body.encode() or None, {**accept, **json.loads(headers)})
opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
try:
    print("status", opener.open(request, timeout=float(deadline)).status)
except urllib.error.HTTPError as error:
    print("status", error.code)
except OSError as error:
    print(type(error).__name__, error)
`;

/**
 * Whether LiteLLM takes every client behind a proxy for one from the internet, and hides servers from it
 * (BerriAI/litellm#31148; 1.92.0 to 1.106.2 fail closed on purpose).
 */
export function hiddenBehindProxy(
  { litellmConfig }: Pick<Deployment, "litellmConfig">,
  servers: readonly string[],
  log: string,
): MissingToolsCause | undefined {
  const configured = litellmConfig.document.mcp_servers as Record<string, { available_on_public_internet?: unknown }>;
  const warning = log.split("\n").find((line) => line.includes("mcp_trusted_proxy_ranges is not configured"));
  if (warning === undefined || !servers.every((name) => configured?.[name]?.available_on_public_internet === false))
    return undefined;
  return {
    cause:
      `no tool of ${servers.join(" and ")} is listed: it has available_on_public_internet: false, and with use_x_forwarded_for ` +
      "LiteLLM takes every client behind a proxy for one from the internet until general_settings.mcp_trusted_proxy_ranges " +
      "names the proxy's addresses",
    log: [warning],
  };
}

/** The cause from how the servers answer, from LiteLLM's log, and from the outcomes in its listing. */
export function causeFrom(
  servers: readonly string[],
  log: string,
  outcomes: ReadonlyMap<string, string>,
  answers = "",
): MissingToolsCause {
  const lines = log
    .split("\n")
    .filter((line) => servers.some((name) => line.includes(name)) && /error|fail|warn|timeout|will not/i.test(line));
  const outcome = servers.flatMap((name) => outcomeCauses[outcomes.get(name) ?? ""] ?? [])[0];
  const cause =
    answerCauses.find(([pattern]) => pattern.test(answers))?.[1] ??
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

const wrongName =
  "it answers 421 to the name by which LiteLLM calls it: its protection against DNS rebinding allows other names only " +
  "(modelcontextprotocol/python-sdk#1798); add the name to its allowed hosts";
const wrongPath = "nothing is at the path of its URL";

/** What an answer to LiteLLM's container says. Its credential is LiteLLM's own: 401 and 403 say nothing here. */
const answerCauses: readonly (readonly [RegExp, string])[] = [
  [/^status 421$/m, wrongName],
  [/^status 404$/m, wrongPath],
  [/Name or service not known|Temporary failure in name resolution/, "LiteLLM's networks know no host of that name"],
  [/Connection refused/, "nothing listens on the port of its URL"],
];

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
  [/Client error '421 /, wrongName],
  [
    /Timeout while listing tools|Client operation cancelled/,
    "it did not answer within LiteLLM's own 30 s: a slow upstream, or an overloaded machine",
  ],
];

/** What only a line that names the server says of it: elsewhere in the log the same text may be about a model's provider. */
const lineCauses: typeof logCauses = [
  ...logCauses,
  [/Client error '40[13] /, "it refuses LiteLLM's credential: its auth_type, token or headers are missing or wrong"],
  [/Client error '404 /, wrongPath],
];

/** The statuses that 1.106.2 reports for a server in a listing's `_meta` when its log does not mention the server. */
const outcomeCauses: Readonly<Record<string, string>> = {
  forbidden: "LiteLLM may not start its command, which is not among LITELLM_MCP_STDIO_EXTRA_COMMANDS",
  unreachable: "nothing answers at its address",
  timeout: "it did not answer within LiteLLM's own limit",
};
