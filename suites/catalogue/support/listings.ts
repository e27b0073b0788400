import type { Client } from "@modelcontextprotocol/sdk/client/index.js";
import type { Tool } from "@modelcontextprotocol/sdk/types.js";
import type { GatewayTarget } from "../../../containers/targets/needs.ts";
import { CheckFailure } from "../../../helpers/checks/check-failure.ts";
import type { SourceLocation, UpstreamConfig } from "../../../helpers/deployment/types.ts";
import { listTools } from "../../../helpers/protocol/mcp.ts";
import type { Evidence } from "../../runner/evidence.ts";

/** What one upstream offers when it is asked directly. */
export interface DirectListing {
  name: string;
  location: SourceLocation;
  tools: readonly Tool[];
}

/** The gateway's catalogue beside what its upstreams say themselves. */
export interface Listings {
  offered: readonly Tool[];
  direct: readonly DirectListing[];
}

/**
 * A listing spawns every stdio upstream anew on LiteLLM 1.77.1: the checks of a worker share one. Nothing that they
 * compare changes in between.
 */
let shared: Promise<Listings> | undefined;

/** @throws {CheckFailure} when an upstream, or the gateway, has no listing */
export function listings(gateway: GatewayTarget, evidence: Evidence): Promise<Listings> {
  shared ??= list(gateway, evidence);
  return shared;
}

/** What a tool is called in the catalogue. */
export function catalogueName(server: string, tool: string): string {
  return `${server}-${tool}`;
}

/** Connects, does the work and closes the client again. */
export async function withClient<T>(connecting: Promise<Client>, work: (client: Client) => Promise<T>): Promise<T> {
  const client = await connecting;
  try {
    return await work(client);
  } finally {
    await client.close();
  }
}

async function list(gateway: GatewayTarget, evidence: Evidence): Promise<Listings> {
  const { upstreams } = gateway.deployment.litellmConfig;
  if (upstreams.length === 0) throw new CheckFailure({ summary: "LiteLLM's config registers no upstream" });
  const [offered, ...direct] = await Promise.all([
    listPatiently(gateway, () => listOnce(gateway, evidence)),
    ...upstreams.map((upstream) => askDirectly(gateway, upstream)),
  ]);
  return { offered, direct };
}

/** How often a listing is asked for that LiteLLM itself gave up on. */
const attempts = 3;

/**
 * LiteLLM 1.77.1 gives each upstream 30 s and leaves it out after that, which a busy machine can reach though nothing is
 * wrong: where its log says so, it is asked again. An upstream that is slow by itself stays missing.
 */
export async function listPatiently(
  rig: { log(part: string, window: { since: Date }): Promise<string> },
  list: () => Promise<Tool[]>,
): Promise<Tool[]> {
  let tools: Tool[] = [];
  for (let attempt = 0; attempt < attempts; attempt++) {
    const since = new Date();
    tools = await list();
    const gaveUp = /Timeout while listing tools|Client operation cancelled/.test(await rig.log("litellm", { since }));
    if (!gaveUp) break;
  }
  return tools;
}

async function listOnce(gateway: GatewayTarget, evidence: Evidence): Promise<Tool[]> {
  try {
    return await withClient(gateway.mcp(), (client) =>
      evidence.phase("floor: first tools/list", () => listTools(client)),
    );
  } catch (error) {
    throw new CheckFailure({
      summary: "the gateway answers no tools/list",
      evidence: {
        sent: `tools/list at ${gateway.url(gateway.policy.mcp.endpoint)}`,
        received: (error as Error).message,
      },

      cause: "the endpoint is not MCP, or the key is refused",
    });
  }
}

async function askDirectly(gateway: GatewayTarget, upstream: UpstreamConfig): Promise<DirectListing> {
  const { name, location } = upstream;
  try {
    return { name, location, tools: await withClient(gateway.upstream(upstream), listTools) };
  } catch (error) {
    throw new CheckFailure({
      summary: `the upstream ${name} does not answer even when it is asked directly`,
      evidence: { received: (error as Error).message },
      cause: "its command, arguments or environment in LiteLLM's config: the gateway is not the fault",
      location,
    });
  }
}
