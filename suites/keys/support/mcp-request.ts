import { z } from "zod";
import type { GatewayTarget } from "../../../containers/targets/needs.ts";
import { CheckFailure } from "../../../helpers/checks/check-failure.ts";
import { exchangeEvidence } from "../../../helpers/checks/evidence.ts";
import { deadlines } from "../../../helpers/core/deadlines.ts";
import { jsonOf } from "../../../helpers/core/text/json.ts";
import { catalogueName } from "../../../helpers/deployment/litellm/expected-catalogue.ts";
import { serverPath } from "../../../helpers/deployment/policy/mcp-paths.ts";
import type { Exchange, HeaderLines } from "../../../helpers/protocol/exchange.ts";
import { resultOf } from "../../../helpers/protocol/json-rpc.ts";
import { expectAnyServer } from "../../support/any-server.ts";
import { followsCatalogue } from "../../support/needed-checks.ts";

/** A request for the catalogue by one of the documented ways. */
export interface ListingRequest {
  /** For the report, e.g. `tools/list at /mcp/`. */
  way: string;
  method: "GET" | "POST";
  path: string;
  headers?: HeaderLines;
  /** The only server that it asks for; undefined for all. */
  server?: string;
}

/** Every documented way to list tools: of all servers, and of one. */
export function listingRequests({ policy }: GatewayTarget, servers: readonly string[]): ListingRequest[] {
  const { endpoint } = policy.mcp;
  return [
    { way: `tools/list at ${endpoint}`, method: "POST", path: endpoint },
    { way: "/mcp-rest/tools/list", method: "GET", path: "/mcp-rest/tools/list" },
    { way: "/v1/mcp/tools", method: "GET", path: "/v1/mcp/tools" },
    ...servers.flatMap((server): ListingRequest[] => [
      {
        way: `tools/list at ${serverPath(policy, server)}`,
        method: "POST",
        path: serverPath(policy, server),
        server,
      },
      {
        way: `tools/list at ${endpoint} with x-mcp-servers: ${server}`,
        method: "POST",
        path: endpoint,
        headers: [["x-mcp-servers", server]],
        server,
      },
    ]),
  ];
}

/** Sends a listing with a key, or without one. */
export async function list(
  gateway: GatewayTarget,
  request: ListingRequest,
  key: string | undefined,
): Promise<Exchange> {
  if (request.method === "POST") return await mcp(gateway, request, key, "tools/list", {});
  const { path, headers = [] } = request;
  return await gateway.send({
    path,
    headers,
    ...(key === undefined ? {} : { bearer: key }),
    deadline: deadlines.mcpRequest,
  });
}

/** Calls a tool at a path, e.g. the policy's endpoint. */
export async function call(
  gateway: GatewayTarget,
  path: string,
  key: string | undefined,
  { name, input }: { name: string; input: Record<string, unknown> },
): Promise<Exchange> {
  // Servers answer with content of any kind; this revision knows them all.
  const headers = [["MCP-Protocol-Version", "2025-06-18"]] as const;
  return await mcp(gateway, { path, headers }, key, "tools/call", { name, arguments: input });
}

async function mcp(
  gateway: GatewayTarget,
  { path, headers = [] }: Pick<ListingRequest, "path" | "headers">,
  key: string | undefined,
  method: string,
  params: Record<string, unknown>,
): Promise<Exchange> {
  return await gateway.send({
    path,
    method: "POST",
    headers: [["Content-Type", "application/json"], ["Accept", "application/json, text/event-stream"], ...headers],
    ...(key === undefined ? {} : { bearer: key }),
    body: JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }),
    deadline: deadlines.mcpRequest,
  });
}

const restShape = z.object({
  tools: z.array(
    z.looseObject({
      name: z.string(),
      mcp_info: z.looseObject({ server_name: z.string() }).nullish(),
      inputSchema: z.unknown(),
    }),
  ),
});

/** Its servers' names decide to which of them a tool belongs. */
type CatalogueOwner = Pick<GatewayTarget, "deployment" | "policy">;

/** A tool of a listing. */
export interface ListedTool {
  server: string;
  /** Without prefix. */
  name: string;
  inputSchema: unknown;
}

/**
 * The tools in the answer to a listing. A listing of LiteLLM's own may leave the prefix out and name the server next to the
 * tool.
 */
export function toolsIn({ deployment, policy }: CatalogueOwner, exchange: Exchange): ListedTool[] {
  const read = restShape.safeParse(resultOf(exchange, 1) ?? jsonOf(exchange.response?.body));
  if (!read.success) return [];
  const prefixes = policy.upstreams.map(({ name }) => ({
    name,
    prefix: catalogueName(deployment.litellmConfig, name, ""),
  }));
  return read.data.tools.map(({ name, mcp_info: info, inputSchema }) => {
    const owner = prefixes.find(({ prefix }) => name.startsWith(prefix));
    if (owner !== undefined) return { server: owner.name, name: name.slice(owner.prefix.length), inputSchema };
    return { server: info?.server_name ?? "", name, inputSchema };
  });
}

/** The names of the tools in the answer to a listing, by server, without prefix. */
export function listedTools(owner: CatalogueOwner, exchange: Exchange): ReadonlyMap<string, readonly string[]> {
  const byServer = Map.groupBy(toolsIn(owner, exchange), ({ server }) => server);
  return new Map([...byServer].map(([server, tools]) => [server, tools.map(({ name }) => name).sort()]));
}

/**
 * What "all tools of a server" means: what the master key is shown. CAT-02 compares that with the servers themselves.
 *
 * @throws {CheckFailure} `control-failed` where a server is missing
 */
export async function catalogueOfMaster(
  gateway: GatewayTarget,
  servers: readonly string[],
): Promise<readonly ListedTool[]> {
  expectAnyServer(gateway);
  const { endpoint } = gateway.policy.mcp;
  const exchange = await gateway.once.do("listing of the master key, for grants", () =>
    list(gateway, { way: "", method: "POST", path: endpoint }, gateway.masterKey),
  );
  const tools = toolsIn(gateway, exchange);
  const listed = new Set(tools.map(({ server }) => server));
  if (servers.length > 0 && servers.every((server) => listed.has(server))) return tools;
  throw new CheckFailure({
    summary: "the master key is not shown every server, so that no grant can be judged",
    code: "control-failed",
    expected: `tools of ${servers.join(", ") || "at least one server"}`,
    actual: `tools of ${[...listed].join(", ") || "none"}`,
    cause: "a server of the policy is not registered, or LiteLLM cannot list its tools; see CAT-02",
    ...followsCatalogue,
    evidence: exchangeEvidence(exchange),
  });
}
