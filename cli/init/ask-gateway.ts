import type { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { request } from "undici";
import type { Gateway } from "../../containers/targets/gateway.ts";
import { deadlines } from "../../helpers/core/deadlines.ts";
import type { UpstreamConfig } from "../../helpers/deployment/types.ts";
import { connectOverHttp, listTools } from "../../helpers/protocol/mcp.ts";

/** What LiteLLM and the upstreams behind it answered. */
export interface GatewayAnswers {
  /** Path to the status of a GET without a key. */
  statuses: ReadonlyMap<string, number>;
  /** Upstream to its tools, by their names without prefix. */
  tools: ReadonlyMap<string, readonly string[]>;
}

/** Lists every upstream's tools, and asks LiteLLM itself for some paths without a key. */
export async function askGateway(gateway: Gateway, paths: readonly string[]): Promise<GatewayAnswers> {
  const { deployment, policy } = gateway;
  const { upstreams, separator } = deployment.litellmConfig;
  const registered = policy.upstreams.filter((one) => one.in === "database" && one.leftOut === undefined);
  const [listed, direct, statuses] = await Promise.all([
    catalogue(gateway),
    Promise.all(upstreams.map(async (upstream) => ({ upstream, tools: await askedDirectly(gateway, upstream) }))),
    Promise.all(paths.map(async (path) => [path, await statusOf(gateway.directUrl(path))] as const)),
  ]);
  const tools = [
    ...direct.map(
      ({ upstream, tools: own }) =>
        [upstream.name, own ?? withoutPrefix(`${upstream.prefix.value}${separator}`, listed)] as const,
    ),
    ...registered.map(({ name }) => [name, withoutPrefix(`${name}${separator}`, listed)] as const),
  ];
  const answered = statuses.flatMap(([path, status]) => (status === undefined ? [] : [[path, status] as const]));
  return { statuses: new Map(answered), tools: new Map(tools.filter(([, names]) => names.length > 0)) };
}

/** Undefined where no answer comes. */
async function statusOf(url: string): Promise<number | undefined> {
  try {
    const response = await request(url, { headersTimeout: deadlines.request, bodyTimeout: deadlines.request });
    await response.body.dump();
    return response.statusCode;
  } catch {
    return undefined;
  }
}

/** LiteLLM's own listing, by its own port; empty where it has none. */
async function catalogue(gateway: Gateway): Promise<readonly string[]> {
  const { masterKey } = gateway.deployment.litellmConfig;
  return (
    (await toolNames(() => connectOverHttp(gateway.http, gateway.directUrl(gateway.policy.mcp.endpoint), masterKey))) ??
    []
  );
}

/** Undefined where an upstream can't be asked directly, or does not answer. */
async function askedDirectly(gateway: Gateway, upstream: UpstreamConfig): Promise<readonly string[] | undefined> {
  return upstream.transport === "stdio" ? await toolNames(() => gateway.upstream(upstream)) : undefined;
}

/** Undefined where nothing answers: the policy then asks for the tools. */
async function toolNames(connect: () => Promise<Client>): Promise<readonly string[] | undefined> {
  try {
    const client = await connect();
    try {
      return (await listTools(client)).map(({ name }) => name);
    } finally {
      await client.close();
    }
  } catch {
    return undefined;
  }
}

/** The names of the tools that have a prefix, without it. */
function withoutPrefix(prefix: string, listed: readonly string[]): readonly string[] {
  return listed.flatMap((name) => (name.startsWith(prefix) ? name.slice(prefix.length) : []));
}
