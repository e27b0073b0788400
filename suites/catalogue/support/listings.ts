import type { Client } from "@modelcontextprotocol/sdk/client/index.js";
import type { Tool } from "@modelcontextprotocol/sdk/types.js";
import type { GatewayTarget, GatewayWith } from "../../../containers/targets/needs.ts";
import { CheckFailure, type FailureDetails } from "../../../helpers/checks/check-failure.ts";
import { starvedFrom, watchStarvation } from "../../../helpers/core/starvation.ts";
import { keyLine, serverLine } from "../../../helpers/deployment/litellm/blame.ts";
import { demandedServers } from "../../../helpers/deployment/litellm/expected-catalogue.ts";
import { refusedArgument } from "../../../helpers/deployment/litellm/refused-argument.ts";
import { requiredVariable } from "../../../helpers/deployment/litellm/required-variable.ts";
import { runUpstreams } from "../../../helpers/deployment/services/run-upstreams.ts";
import type { SourceLocation } from "../../../helpers/deployment/types.ts";
import { listTools } from "../../../helpers/protocol/mcp.ts";
import { withModuleDecision } from "../../runner/operator-module/module-decision.ts";
import { expectAnyServer } from "../../support/any-server.ts";
import { followsCatalogue } from "../../support/needed-checks.ts";
import { causeOfUnreadConfig } from "./demanded-servers.ts";
import { resultFrom, withClient } from "./mcp-client.ts";

/** What one upstream offers when it is asked directly. */
export interface DirectListing {
  name: string;
  /** The upstream's entry in LiteLLM's config. */
  location: SourceLocation;
  tools: readonly Tool[];
  /** What it tells every client in its handshake; empty without any. */
  instructions: string;
}

/** The gateway's catalogue, and what the upstreams offer when they are asked directly. */
export interface Listings {
  offered: readonly Tool[];
  direct: readonly DirectListing[];
}

/**
 * The gateway's catalogue and the upstreams' own listings.
 *
 * @throws {CheckFailure} when the gateway or an upstream has no listing
 */
export async function listings(gateway: GatewayWith<"direct-upstreams">): Promise<Listings> {
  // Both are awaited even if one fails: a check that ends closes its connections, which other checks may still share.
  const [offered, direct] = await Promise.allSettled([offeredTools(gateway), directListings(gateway)]);
  if (offered.status === "rejected") throw offered.reason;
  if (direct.status === "rejected") throw direct.reason;
  return { offered: offered.value, direct: direct.value };
}

/**
 * The gateway's catalogue for the master key. LiteLLM 1.77.1 starts every stdio upstream again for each listing: all
 * checks share one.
 *
 * @throws {CheckFailure} `no-result` when the gateway has no listing
 * @throws {NotSupported} for a gateway without any MCP server: LiteLLM 1.106.2 then refuses each session
 */
export async function offeredTools(gateway: GatewayTarget): Promise<readonly Tool[]> {
  expectAnyServer(gateway);
  const { endpoint } = gateway.policy.mcp;
  return await gateway.once.do("tools of the gateway", () =>
    namingRefusedKey(gateway, () =>
      listPatiently(() =>
        withClient(endpoint, gateway.mcp(), (client) => resultFrom(`tools/list at ${endpoint}`, listTools(client))),
      ),
    ),
  );
}

/**
 * Names the line of the operator's module, or of the master key, where LiteLLM refuses it. MCP on 1.77.1 answers 500 then
 * (BerriAI/litellm#37080), as to other faults: another route shows it. Checks share the listing, and so its failure.
 */
async function namingRefusedKey<T>(gateway: GatewayTarget, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof CheckFailure) || !/^status (401|403|500)\b/.test(error.details.actual)) throw error;
    const decided = await withModuleDecision(error, gateway.http.exchanges, gateway);
    if (decided !== error) throw decided;
    const { response } = await gateway.send({ path: "/v1/models", bearer: gateway.masterKey });
    if (response?.status !== 401 && response?.status !== 403) throw error;
    throw new CheckFailure({ ...error.details, ...keyLine(gateway.deployment, gateway.masterKey) });
  }
}

/**
 * The gateway's catalogue with at least one tool.
 *
 * @throws {CheckFailure} `empty-catalogue`
 */
export async function someOfferedTools(gateway: GatewayTarget): Promise<readonly Tool[]> {
  const offered = await offeredTools(gateway);
  if (offered.length > 0) return offered;
  throw new CheckFailure({
    summary: "the catalogue is empty",
    code: "empty-catalogue",
    expected: "at least one tool",
    actual: "0 tools",
    cause: "no upstream is registered, or LiteLLM cannot list any; see CAT-02",
    ...locationOfNoServer(gateway),
    ...followsCatalogue,
    evidence: { sent: `tools/list at ${gateway.url(gateway.policy.mcp.endpoint)}` },
  });
}

/** The policy's line of the first server, where LiteLLM's config has none at all. */
function locationOfNoServer({ deployment }: GatewayTarget): Pick<FailureDetails, "location"> {
  const { upstreams, unusableServers } = deployment.litellmConfig;
  const [first] = [...unusableServers, ...(upstreams.length === 0 ? demandedServers(deployment) : [])];
  return first === undefined ? {} : { location: first.location };
}

/** For the failure of a call of a tool: its cause where LiteLLM does not list the tool, else nothing. */
export async function whyNotCalled(
  gateway: GatewayTarget,
  tool: string,
): Promise<Pick<FailureDetails, "cause" | "follows">> {
  const offered = await offeredTools(gateway).catch(() => []);
  if (offered.some(({ name }) => name === tool)) return {};
  return { cause: `LiteLLM does not list ${tool}, so that nothing can call it; see CAT-02`, ...followsCatalogue };
}

/** How often a listing is repeated in which LiteLLM gave up on an upstream. */
const attempts = 3;

/** LiteLLM waits this long for one upstream's listing (both versions, by source). Milliseconds. */
const liteLLMPatience = 30_000;

/**
 * LiteLLM waits 30 s for each upstream and omits the tools of one that is slower, which happens on an overloaded machine
 * without any fault: a listing that took this long on a starved machine is repeated. An upstream that is always slow stays
 * missing.
 *
 * @param watch see {@link watchStarvation}; where nothing measures, the machine counts as starved
 */
export async function listPatiently<T>(list: () => Promise<T>, watch = watchStarvation): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    const began = performance.now();
    const starvation = watch();
    const listing = await list();
    if (attempt === attempts || performance.now() - began < liteLLMPatience) return listing;
    const { share = 1 } = starvation() ?? {};
    if (share < starvedFrom) return listing;
  }
}

function directListings(gateway: GatewayWith<"direct-upstreams">): Promise<readonly DirectListing[]> {
  return gateway.once.do("tools of the upstreams", async () => {
    const upstreams = runUpstreams(gateway.deployment);
    if (upstreams.length === 0) {
      expectAnyServer(gateway);
      throw new CheckFailure({
        summary: "LiteLLM's config registers no upstream",
        code: "no-upstream",
        expected: "at least one MCP server in mcp_servers",
        actual: "none",
        fix: "register the policy's upstreams in LiteLLM's config",
        ...causeOfUnreadConfig(gateway.deployment),
      });
    }
    return await Promise.all(
      upstreams.map(async (upstream) => {
        const { name, location } = upstream;
        return { name, location, ...(await askDirectly(gateway, upstream)) };
      }),
    );
  });
}

type Upstream = Parameters<GatewayWith<"direct-upstreams">["upstream"]>[0];

async function askDirectly(
  gateway: GatewayWith<"direct-upstreams">,
  upstream: Upstream,
): Promise<Pick<DirectListing, "tools" | "instructions">> {
  const peer = `the upstream ${upstream.name}`;
  try {
    return await withClient(peer, gateway.upstream(upstream), async (client) => ({
      tools: await resultFrom(`tools/list at ${peer}`, listTools(client)),
      instructions: client.getInstructions() ?? "",
    }));
  } catch (error) {
    throw error instanceof CheckFailure ? failsDirectly(gateway, upstream, error) : error;
  }
}

/**
 * Works with an upstream directly, past the gateway.
 *
 * @throws {CheckFailure} `upstream-fails-directly` where no session begins: its entry in LiteLLM's config is the cause
 */
export async function withDirectClient<T>(
  gateway: GatewayWith<"direct-upstreams">,
  upstream: Upstream,
  work: (client: Client) => Promise<T>,
): Promise<T> {
  let isConnected = false;
  const connecting = gateway.upstream(upstream).then((client) => {
    isConnected = true;
    return client;
  });
  try {
    return await withClient(`the upstream ${upstream.name}`, connecting, work);
  } catch (error) {
    throw isConnected || !(error instanceof CheckFailure) ? error : failsDirectly(gateway, upstream, error);
  }
}

function failsDirectly(
  { deployment }: GatewayWith<"direct-upstreams">,
  { name, location }: Upstream,
  { details }: CheckFailure,
): CheckFailure {
  const output = `${details.actual}\n${details.evidence?.received ?? ""}`;
  const refused = refusedArgument(deployment, name, output) ?? requiredVariable(deployment, name, output);
  const { cause, location: line, fix } = refused ?? serverLine(deployment, name) ?? { cause: "its entry", location };
  return new CheckFailure({
    ...details,
    summary: `the upstream ${name} does not answer when it is asked directly`,
    code: "upstream-fails-directly",
    expected: "tools of the upstream",
    cause: `${cause}; the gateway is not the cause`,
    location: line,
    ...(fix === undefined ? {} : { fix }),
    ...followsCatalogue,
  });
}
