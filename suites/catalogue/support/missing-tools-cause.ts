import type { GatewayWith } from "../../../containers/targets/needs.ts";
import { deadlines } from "../../../helpers/core/deadlines.ts";
import type { Deployment, SourceLocation } from "../../../helpers/deployment/types.ts";
import { resultOf } from "../../../helpers/protocol/json-rpc.ts";
import { causeFrom, type MissingToolsReason, serverOutcomes } from "./missing-tools-reasons.ts";
import { initializeParams, rpc } from "./rpc.ts";
import { whyApart } from "./upstream-apart.ts";

/** Why tools are missing from a listing. */
export interface MissingToolsCause extends MissingToolsReason {
  /** The line of the variable, or of the setting of the server, that the reason is about. */
  location?: SourceLocation;
  fix?: string;
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
  const apart = whyApart(gateway.deployment, servers);
  const found = causeFrom(servers, log, serverOutcomes(resultOf(listing, 1)), {
    answers: answers.join("\n"),
    started: startedByLiteLLM(gateway.deployment),
  });
  if (apart !== undefined) return { ...apart, log: found.log };
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

/** The servers that LiteLLM starts itself, by name. */
function startedByLiteLLM({ litellmConfig }: Pick<Deployment, "litellmConfig">): ReadonlySet<string> {
  const own = litellmConfig.upstreams.filter(({ transport }) => transport === "stdio");
  return new Set(own.map(({ name }) => name));
}
