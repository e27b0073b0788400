import { isIP } from "node:net";
import { basename } from "node:path";
import { deadlines } from "../../../helpers/core/deadlines.ts";
import { addressIn, ownNamesOf } from "../../../helpers/deployment/services/hosts.ts";
import { runUpstreams } from "../../../helpers/deployment/services/run-upstreams.ts";
import { slug } from "../../../helpers/deployment/services/slug.ts";
import type { Deployment, PolicyUpstream, UpstreamConfig } from "../../../helpers/deployment/types.ts";
import type { RenderedChange } from "../../../helpers/run/run-record.ts";
import type { PartPlan, RunNetwork, UpstreamAddress } from "../part.ts";
import type { PartResources } from "../part-resources.ts";
import { answersHttp } from "../readiness.ts";
import type { ExtraServers } from "./extra-servers.ts";
import { networksOf } from "./render-context.ts";
import type { RenderContext } from "./render-service.ts";

/** An upstream that the suite's own server replaces. */
interface StandIn {
  upstream: UpstreamConfig;
  policy: PolicyUpstream;
  part: string;
  /** Where LiteLLM asks it. */
  host: string;
  port: number;
  path: string;
  /** The server in LiteLLM's config, where it must differ from the operator's; undefined where it need not. */
  server: Readonly<Record<string, unknown>> | undefined;
}

/** Where a stand-in listens that the operator's own address can't be used for. */
const ownPort = 8080;
const ownPath = "/mcp";

/** The part that stands in for an upstream. */
export function standInPart(upstream: string): string {
  return `stand-in-${slug(upstream)}`;
}

/** The stand-ins of a deployment. One on a host name and plain HTTP has the operator's own address, any other one of the suite's. */
function standIns(deployment: Deployment): StandIn[] {
  return runUpstreams(deployment).flatMap((upstream): StandIn[] => {
    const policy = deployment.policy.upstreams.find(({ name, standIn }) => standIn && name === upstream.name);
    if (policy === undefined) return [];
    const part = standInPart(upstream.name);
    const own = upstream.transport === "stdio" ? undefined : addressIn(upstream.url);
    if (upstream.transport !== "stdio" && upstream.url.startsWith("http:") && own !== undefined && !isIP(own.host)) {
      const { host, port = 80 } = own;
      return [{ upstream, policy, part, host, port, path: new URL(upstream.url).pathname, server: undefined }];
    }
    const transport = upstream.transport === "stdio" ? "http" : upstream.transport;
    const server = { transport, url: `http://${part}:${ownPort}${ownPath}` };
    return [{ upstream, policy, part, host: part, port: ownPort, path: ownPath, server }];
  });
}

/** What differs in the `mcp_servers` of LiteLLM's config: the address of a stand-in, and what the policy leaves out (undefined). */
export function changedServers(deployment: Deployment): { servers: ExtraServers; changes: readonly RenderedChange[] } {
  const servers: Record<string, Readonly<Record<string, unknown>> | undefined> = {};
  const changes: RenderedChange[] = [];
  const written = serversIn(deployment.litellmConfig.document);
  const where = (name: string): string => `${basename(deployment.litellmConfig.file)}:mcp_servers.${name}`;
  for (const { upstream, policy, server } of standIns(deployment)) {
    changes.push({
      where: where(upstream.name),
      what: `a stand-in of the suite offers ${policy.tools.join(", ")}${server === undefined ? "" : ` at ${server.url}`}`,
      why: "the policy says stand_in: true",
    });
    if (server === undefined) continue;
    const { command: _command, args: _args, env: _env, ...rest } = written[upstream.name] ?? {};
    servers[upstream.name] = { ...rest, ...server };
  }
  for (const { name, leftOut } of deployment.policy.upstreams) {
    if (leftOut === undefined || written[name] === undefined) continue;
    servers[name] = undefined;
    changes.push({ where: where(name), what: "left out", why: leftOut });
  }
  return { servers, changes };
}

function serversIn(document: Readonly<Record<string, unknown>>): Record<string, Record<string, unknown>> {
  const { mcp_servers: servers } = document;
  return typeof servers === "object" && servers !== null
    ? { ...(servers as Record<string, Record<string, unknown>>) }
    : {};
}

/** Path of the headers that a stand-in demands, in its container. */
const demandedHeaders = "/app/demanded-headers.json";

function headersOf(upstream: UpstreamConfig): Record<string, string> {
  return upstream.transport === "stdio" ? {} : Object.fromEntries(upstream.headers);
}

/** The plans of the stand-ins, on LiteLLM's networks. */
export async function standInPlans(
  { images, deployment }: PartResources,
  { networks }: RenderContext,
  direct: RunNetwork,
): Promise<PartPlan[]> {
  const litellm = [...networksOf(deployment.litellm).keys()].flatMap((key) => networks.get(key) ?? []);
  return await Promise.all(
    standIns(deployment).map(async ({ upstream, policy, part, host, port, path }) => ({
      name: part,
      image: await images.get("stand-in-upstream"),
      networks: [...litellm.map((network) => ({ network, aliases: [host] })), { network: direct, aliases: [] }],
      environment: {
        STAND_IN_NAME: upstream.name,
        STAND_IN_PORT: String(port),
        STAND_IN_PATH: path,
        STAND_IN_TRANSPORT: upstream.transport === "sse" ? "sse" : "http",
        STAND_IN_TOOLS: JSON.stringify(policy.tools),
      },
      // Not in its environment, which is searched for secrets.
      files: [{ target: demandedHeaders, content: JSON.stringify(headersOf(upstream)) }],
      publish: [port],
      ready: answersHttp(port, "/_health"),
      startDeadline: deadlines.smallPartStart,
    })),
  );
}

/** Key of a compose service to the stand-in that has its name. */
export function standInServices(deployment: Deployment): Record<string, string> {
  const services = [...deployment.compose.services.values()];
  return Object.fromEntries(
    standIns(deployment).flatMap(({ host, part }) => {
      const service = services.find((one) => ownNamesOf(one).includes(host));
      return service === undefined ? [] : [[service.key, part]];
    }),
  );
}

/** Where each stand-in listens, by the upstream's name. */
export function standInAddresses(deployment: Deployment): Record<string, UpstreamAddress> {
  return Object.fromEntries(
    standIns(deployment).map(({ upstream, part, port, path }) => [upstream.name, { part, port, path }]),
  );
}
