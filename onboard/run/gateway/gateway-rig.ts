import type { StdioCommand } from "../../../containers/images/recipes/stdio-commands.ts";
import { createNetworks, type MadeNetwork } from "../../../containers/networks/network.ts";
import { databaseServers } from "../../../containers/parts/databases/database-servers.ts";
import { postgresPlan } from "../../../containers/parts/databases/postgres.ts";
import { cacheServices, redisPlan } from "../../../containers/parts/databases/redis.ts";
import { liteLLMPlan } from "../../../containers/parts/deployment/litellm.ts";
import { registerKeys } from "../../../containers/parts/deployment/registered/keys.ts";
import { registerServers } from "../../../containers/parts/deployment/registered/servers.ts";
import type { RenderContext } from "../../../containers/parts/deployment/render-service.ts";
import { serviceAttachments } from "../../../containers/parts/deployment/service-networks.ts";
import { standInPlans } from "../../../containers/parts/deployment/stand-in-upstreams.ts";
import { servicePlans } from "../../../containers/parts/deployment/upstream-services.ts";
import { type PartHandle, type PartPlan, type RunNetwork, rigMark } from "../../../containers/parts/part.ts";
import type { PartResources } from "../../../containers/parts/part-resources.ts";
import { readyWhenRunning } from "../../../containers/parts/readiness.ts";
import { startPart } from "../../../containers/parts/start-part.ts";
import { serviceNetworkPlans } from "../../../containers/rigs/gateway-networks.ts";
import { deadlines } from "../../../helpers/core/deadlines.ts";
import { entryVariables, hostOf, serverEntry, stdioSwitches } from "../../candidate/server-entry.ts";
import type { Candidate } from "../../candidate/types.ts";
import { nameSinkPlan } from "../name-sink.ts";
import { neededServicePlan } from "../needed-services.ts";
import { boundsOf, commandOf, environmentOf, filled, type Prepared } from "../prepared.ts";

/** In the environment of the candidate's processes, and of no other process of the gateway. */
export const candidateMark = { name: "GATEWAY_CONFORMANCE_CANDIDATE", value: "1" } as const;

/** A gateway rig of the gate, without LiteLLM: it can be started with the candidate and without it. */
export interface GatewayParts {
  networks: ReadonlyMap<string, MadeNetwork>;
  /** The network of the candidate, its services and the hosts that its file declares. Its default route leads nowhere. */
  own: RunNetwork;
  candidate: PartHandle | undefined;
  nameServer: string | undefined;
}

const ownNetwork = "candidate";

/**
 * Starts the services of a deployment's LiteLLM and of the candidate: databases, caches, the upstreams with a container of
 * their own, and a candidate that listens. No Traefik: the gate asks LiteLLM at its own port.
 *
 * @param rig name of the rig, distinct from the other columns'
 * @throws {EnvironmentError} when a part does not start
 */
export async function startGatewayParts(
  resources: PartResources,
  rig: string,
  candidate: Candidate,
  { installed, secrets, hosts }: Prepared,
): Promise<GatewayParts> {
  const { engine, run, images, deployment } = resources;
  const networks = await createNetworks(engine, run, rig, [
    ...serviceNetworkPlans(deployment),
    // Not internal: an internal network publishes no port. Routed to an address that nobody has.
    { name: `onboard-${ownNetwork}`, internal: false, routed: true },
  ]);
  const own = networks.get(`onboard-${ownNetwork}`);
  if (own === undefined) throw new Error("the engine created no network");
  await hosts.joinTo(own);
  const context: RenderContext = { deployment, mark: rigMark(run, rig), networks, processors: engine.processors };
  const start = (plan: PartPlan): Promise<PartHandle> => startPart(resources, rig, plan);
  const sink = await nameSinkPlan(images, own).then(start);
  const nameServer = sink.addresses[own.name];
  const fill = (text: string): string => filled(text, secrets);
  const [services, standIns, caches] = await Promise.all([
    servicePlans(resources, context, own),
    standInPlans(resources, context, own),
    Promise.all(cacheServices(deployment).map((service) => redisPlan(resources, context, service))),
  ]);
  const needs = candidate.needs.map((part) => neededServicePlan(images, part, own, fill));
  const plans = [...services.map(({ plan }) => plan), ...standIns, ...caches, ...(await Promise.all(needs))];
  const { listens } = candidate.server;
  const [listening] = await Promise.all([
    listens === undefined || "failed" in installed
      ? undefined
      : start(listeningPlan(candidate, { image: installed.image, secrets, network: own, nameServer })),
    ...plans.map((plan) => start({ ...plan, labels: {} })),
  ]);
  return { networks, own, candidate: listening, nameServer };
}

function listeningPlan(
  candidate: Candidate,
  {
    image,
    secrets,
    network,
    nameServer,
  }: Pick<Prepared, "secrets"> & {
    image: PartPlan["image"];
    network: RunNetwork;
    nameServer: string | undefined;
  },
): PartPlan {
  const [first, ...rest] = commandOf(candidate);
  return {
    name: "candidate",
    image,
    networks: [{ network, aliases: [hostOf(candidate)] }],
    ...(first === undefined ? {} : { entrypoint: [first], command: rest }),
    environment: { HOME: "/tmp", ...environmentOf(candidate, secrets) },
    settings: { host: boundsOf(candidate, nameServer) },
    // It may take longer, or never listen: its catalogue is awaited through the gateway.
    ready: readyWhenRunning,
    startDeadline: deadlines.smallPartStart,
  };
}

/**
 * Starts the deployment's LiteLLM with the candidate's entry among its `mcp_servers`, and fills its database as the operator did.
 *
 * @param name of the part
 * @param candidate undefined: without it, to see whether LiteLLM starts then
 * @throws {EnvironmentError} when a part does not start
 */
export async function startLiteLLM(
  resources: PartResources,
  rig: string,
  {
    parts,
    name,
    candidate,
    prepared,
  }: {
    parts: GatewayParts;
    name: string;
    candidate: Candidate | undefined;
    prepared: Prepared;
  },
): Promise<PartHandle> {
  const { engine, deployment, run, canaries } = resources;
  const { networks, own, nameServer } = parts;
  const context: RenderContext = { deployment, mark: rigMark(run, rig), networks, processors: engine.processors };
  const added = candidate === undefined ? undefined : additionsOf(candidate, prepared);
  const { plan } = await liteLLMPlan(resources, context, {
    networks: [{ network: own, aliases: [] }, ...serviceAttachments(deployment.compose, deployment.litellm, networks)],
    ...(added === undefined ? {} : { servers: added.servers, commands: added.commands }),
  });
  // Without the candidate it is the second start, next to the databases of the first one.
  const databases = candidate === undefined ? [] : databaseServers(deployment);
  await Promise.all(
    databases.map(async (server) => {
      const { plan: database } = await postgresPlan(resources, server, { networks, litellm: plan });
      await startPart(resources, rig, database);
    }),
  );
  const environment = { NUM_WORKERS: "1", ...plan.environment, ...added?.environment };
  const host = {
    ...plan.settings?.host,
    CpuShares: gatewayShares,
    ...(nameServer === undefined ? {} : dnsOf(nameServer)),
  };
  const litellm = await startPart(resources, rig, {
    ...plan,
    name,
    environment: { ...environment, ...stdioSwitches(environment, candidate) },
    labels: {},
    settings: { ...plan.settings, host, hostname: undefined },
  });
  await registerServers(deployment, litellm);
  await registerKeys(deployment, litellm, canaries.secrets);
  return litellm;
}

/**
 * The weight of a LiteLLM on a busy machine, where that of the candidate alone is 1024: its time to answer is judged, and two
 * LiteLLMs start meanwhile.
 */
const gatewayShares = 256;

function dnsOf(nameServer: string): { Dns: string[]; DnsOptions: string[] } {
  return { Dns: [nameServer], DnsOptions: ["timeout:1", "attempts:1"] };
}

/** What a candidate adds to LiteLLM. */
interface Addition {
  servers: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  commands: readonly StdioCommand[];
  environment: Readonly<Record<string, string>>;
}

function additionsOf(candidate: Candidate, { secrets }: Prepared): Addition {
  const entry = serverEntry(candidate);
  const marked = { [candidateMark.name]: candidateMark.value };
  const server = entry.transport === "stdio" ? { ...entry, env: { ...entry.env, ...marked } } : { ...entry };
  const variables = Object.entries(entryVariables(candidate));
  return {
    servers: { [candidate.name]: server },
    commands: stdioCommands(candidate),
    environment: Object.fromEntries(variables.map(([name, text]) => [name, filled(text, secrets)])),
  };
}

function stdioCommands({ server }: Candidate): StdioCommand[] {
  if (server.listens !== undefined || server.from !== "packages") return [];
  const { command, packages, debian } = server;
  return [{ command, version: packages[0]?.version, packages, debian }];
}
