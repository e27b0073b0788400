import type { Client } from "@modelcontextprotocol/sdk/client/index.js";
import type { Tool } from "@modelcontextprotocol/sdk/types.js";
import { request } from "undici";
import type { Gateway } from "../../containers/targets/gateway.ts";
import { atMost } from "../../helpers/core/at-most.ts";
import { deadlines } from "../../helpers/core/deadlines.ts";
import { catalogueName, hiddenBy } from "../../helpers/deployment/litellm/expected-catalogue.ts";
import type { UpstreamConfig, UpstreamExample } from "../../helpers/deployment/types.ts";
import { connectOverHttp, listTools } from "../../helpers/protocol/mcp.ts";
import { findExample } from "./find-example.ts";

/** What LiteLLM and the upstreams behind it answered. */
export interface GatewayAnswers {
  /** Path to the status of a GET without a key. */
  statuses: ReadonlyMap<string, number>;
  /** Upstream to its tools, by their names without prefix. */
  tools: ReadonlyMap<string, readonly string[]>;
  /** Upstream to a call with a known result; only upstreams without `database` and `directory` have one. */
  examples: ReadonlyMap<string, UpstreamExample>;
}

/** How many upstreams are called at a time: LiteLLM 1.77.1 starts a stdio server again for each call. */
const concurrentCalls = 2;

/** Lists every upstream's tools, calls some of them, and asks LiteLLM itself for some paths without a key. */
export async function askGateway(gateway: Gateway, paths: readonly string[]): Promise<GatewayAnswers> {
  const { deployment, policy } = gateway;
  const { upstreams, separator } = deployment.litellmConfig;
  const registered = policy.upstreams.filter((one) => one.in === "database" && one.leftOut === undefined);
  const [listed, direct, statuses] = await Promise.all([
    catalogue(gateway),
    Promise.all(upstreams.map(async (upstream) => ({ upstream, tools: await askedDirectly(gateway, upstream) }))),
    Promise.all(paths.map(async (path) => [path, await statusOf(gateway.directUrl(path))] as const)),
  ]);
  const all = [
    ...direct.map(
      ({ upstream, tools: own }) =>
        [upstream.name, own ?? withoutPrefix(`${upstream.prefix.value}${separator}`, listed)] as const,
    ),
    ...registered.map(({ name }) => [name, withoutPrefix(`${name}${separator}`, listed)] as const),
  ];
  const tools = new Map(all.filter(([, own]) => own.length > 0));
  const answered = statuses.flatMap(([path, status]) => (status === undefined ? [] : [[path, status] as const]));
  return {
    statuses: new Map(answered),
    tools: new Map([...tools].map(([name, own]) => [name, own.map((tool) => tool.name)])),
    examples: await examplesOf(gateway, tools),
  };
}

/** An example of each upstream that has neither a database nor a directory of the run; empty where LiteLLM has no MCP. */
async function examplesOf(
  gateway: Gateway,
  tools: ReadonlyMap<string, readonly Tool[]>,
): Promise<Map<string, UpstreamExample>> {
  const { litellmConfig, variables } = gateway.deployment;
  const unknown = gateway.policy.upstreams.filter(
    ({ name, database, directory, leftOut }) =>
      database === undefined && directory === undefined && leftOut === undefined && tools.has(name),
  );
  if (unknown.length === 0) return new Map();
  // A variable that the policy does not call a secret may be one all the same.
  const values = [...variables.values()].map(({ value }) => value).filter(({ length }) => length >= shortestSecret);
  const secrets = [...values, ...gateway.canaries.secrets.values()];
  const found = await withClient(
    () => connectToLiteLLM(gateway),
    (client) =>
      atMost(concurrentCalls, unknown, async ({ name }) => {
        const catalogueNameOf = (tool: string): string => catalogueName(litellmConfig, name, tool);
        // A version may run the call of a tool that it hides; clients do not get it in their catalogue.
        const listed = (tools.get(name) ?? []).filter((tool) => hiddenBy(litellmConfig, name, tool.name) === undefined);
        const upstream = { name, tools: listed, catalogueName: catalogueNameOf };
        return [name, await findExample(client, upstream, secrets)] as const;
      }),
  );
  return new Map((found ?? []).flatMap(([name, example]) => (example === undefined ? [] : [[name, example]])));
}

/** The shortest value of a variable that counts as a possible secret, in characters. */
const shortestSecret = 6;

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
async function catalogue(gateway: Gateway): Promise<readonly Tool[]> {
  return (await withClient(() => connectToLiteLLM(gateway), listTools)) ?? [];
}

/** An MCP client at LiteLLM's own port, with the master key. */
async function connectToLiteLLM(gateway: Gateway): Promise<Client> {
  const { masterKey } = gateway.deployment.litellmConfig;
  return await connectOverHttp(gateway.http, gateway.directUrl(gateway.policy.mcp.endpoint), masterKey);
}

/** Undefined where an upstream can't be asked directly, or does not answer. */
async function askedDirectly(gateway: Gateway, upstream: UpstreamConfig): Promise<readonly Tool[] | undefined> {
  return upstream.transport === "stdio" ? await withClient(() => gateway.upstream(upstream), listTools) : undefined;
}

/** What a client gets; undefined where nothing answers: the policy then asks for it. */
async function withClient<Result>(
  connect: () => Promise<Client>,
  use: (client: Client) => Promise<Result>,
): Promise<Result | undefined> {
  try {
    const client = await connect();
    try {
      return await use(client);
    } finally {
      await client.close();
    }
  } catch {
    return undefined;
  }
}

/** The tools whose names have a prefix, by their names without it. */
function withoutPrefix(prefix: string, listed: readonly Tool[]): readonly Tool[] {
  return listed.flatMap((tool) =>
    tool.name.startsWith(prefix) ? { ...tool, name: tool.name.slice(prefix.length) } : [],
  );
}
