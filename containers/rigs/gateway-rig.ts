import { readFileSync } from "node:fs";
import { deadlines } from "../../helpers/core/deadlines.ts";
import { machineInPlaceOf, servicesOfClients } from "../../helpers/deployment/clients/service-place.ts";
import { internalHostOf } from "../../helpers/deployment/policy/access.ts";
import { listeningEntryPoints, portsOnHost } from "../../helpers/deployment/services/host-network.ts";
import { type ComposeService, type Deployment, hasTraefik } from "../../helpers/deployment/types.ts";
import type { RenderedChange } from "../../helpers/run/run-record.ts";
import type { PartImage } from "../images/part-image.ts";
import { becomeGatewayHost, firewallPath, publications, publish } from "../networks/gateway-host.ts";
import type { MadeNetwork } from "../networks/network.ts";
import { databaseServers } from "../parts/databases/database-servers.ts";
import { postgresImageInAdvance, postgresPlan } from "../parts/databases/postgres.ts";
import { cacheServices, redisPlan } from "../parts/databases/redis.ts";
import { forwardAuthPart, forwardAuthPlans, forwardAuthServices } from "../parts/deployment/forward-auth.ts";
import { liteLLMPlan, upstreamsPlan } from "../parts/deployment/litellm.ts";
import { registerKeys } from "../parts/deployment/registered/keys.ts";
import { registerServers } from "../parts/deployment/registered/servers.ts";
import type { EdgeContext } from "../parts/deployment/render-context.ts";
import { networksOf, type RenderContext } from "../parts/deployment/render-context.ts";
import { modelProvider } from "../parts/deployment/render-litellm.ts";
import { serviceAttachments } from "../parts/deployment/service-networks.ts";
import { standInAddresses, standInPlans, standInServices } from "../parts/deployment/stand-in-upstreams.ts";
import { type HostCertificate, hostCertificate, trustOf } from "../parts/deployment/traefik/host-certificate.ts";
import { labelParts } from "../parts/deployment/traefik/label-parts.ts";
import { attachments, routersLoaded, traefikPlan } from "../parts/deployment/traefik.ts";
import { partOfService, type ServicePart, servicePlans } from "../parts/deployment/upstream-services.ts";
import { type PartHandle, type PartPlan, type RunNetwork, rigMark, withRunningPromise } from "../parts/part.ts";
import { answersHttp, readyWhenRunning } from "../parts/readiness.ts";
import { agentChanges } from "./agent-changes.ts";
import {
  agentNetworks,
  gatewayNetworkPlans,
  hostInterfaces,
  lanNetwork,
  outsideNetwork,
  providerNetwork,
  serviceNetworkPlans,
  sharedNetwork,
} from "./gateway-networks.ts";
import { replicaChange, replicasOf } from "./replicas.ts";
import type { RigContext, RigState } from "./rig.ts";

const rigName = "gateway";

/** Returns a network of the rig by its name in the deployment. */
type FindNetwork = (name: string) => MadeNetwork;

/**
 * Starts the gateway rig: the deployment's Traefik, where it has one, and LiteLLM, a Postgres and the upstreams behind it, the scripted
 * model instead of the provider, and a LAN with a host and an agent's machine on it. Between them is a gateway host, which
 * publishes what compose publishes and has the deployment's firewall. All traffic that would leave the networks goes
 * through it to a sentinel outside. All parts start in parallel.
 *
 * @throws {EnvironmentError} when a part does not start
 */
export async function startGatewayRig(rig: RigContext): Promise<RigState> {
  const { run, deployment } = rig;
  const [networks, certificate] = await Promise.all([
    rig.createNetworks(rigName, gatewayNetworkPlans(deployment)),
    hostCertificate(deployment),
  ]);
  const network: FindNetwork = (name) => {
    const made = networks.get(name);
    if (made === undefined) throw new Error(`the ${rigName} rig has no network ${name}`);
    return made;
  };
  const context: RenderContext = {
    deployment,
    mark: rigMark(run, rigName),
    networks,
    processors: rig.engine.processors,
  };
  const inFront: EdgeContext | undefined = hasTraefik(deployment) ? { ...context, deployment, certificate } : undefined;
  // One `await` for all plans that need no other plan, so that a first run makes all their images in parallel.
  const [traefik, logins, services, standIns, litellm, scriptedModel, machines] = await Promise.all([
    inFront && traefikPlan(rig, inFront),
    inFront && forwardAuthPlans(rig, inFront),
    servicePlans(rig, context, network(providerNetwork)),
    standInPlans(rig, context, network(providerNetwork)),
    liteLLMPlan(rig, context, {
      networks: [
        ...serviceAttachments(deployment.compose, deployment.litellm, networks),
        { network: network(providerNetwork), aliases: [] },
      ],
    }),
    scriptedModelPlan(rig, network),
    Promise.all(machinePlans(rig, network, certificate)),
    ...databaseServers(deployment).map((server) => postgresImageInAdvance(rig, server)),
  ]);
  const databases = await Promise.all(
    databaseServers(deployment).map((server) => postgresPlan(rig, server, { networks, litellm: litellm.plan })),
  );
  const databaseParts = databases.map(({ plan }) => rig.startPart(rigName, plan));
  const servicesByKey = servicesOf(deployment, services);
  const standInsByKey = {
    ...standInServices(deployment),
    ...Object.fromEntries(
      forwardAuthServices(deployment).flatMap(({ service }) =>
        service === undefined ? [] : [[service.key, forwardAuthPart(service.name)] as const],
      ),
    ),
  };
  const running = new Set([...Object.keys(servicesByKey), ...Object.keys(standInsByKey)]);
  const labelled = inFront && (await labelParts(rig, inFront, running));
  const litellmStart = withRunningPromise(litellm.plan);
  const replicas = replicasOf(deployment, litellm.plan);
  const booting = new Set([litellm.plan, ...replicas].map(({ name }) => name));
  const litellmReady = Promise.withResolvers<void>();
  // The other parts with labels for Traefik.
  const labelStarts = [...(logins?.plans ?? []), ...(labelled?.plans ?? [])].map(withRunningPromise);
  const plans: Promise<PartPlan>[] = [
    // Traefik lists the containers and then begins to listen for new ones; it misses one that starts between the two.
    ...(traefik === undefined
      ? []
      : [
          Promise.all([
            ...[litellmStart, ...labelStarts].map((start) => start.running),
            ...(checksHealth(inFront) ? [litellmReady.promise] : []),
          ]).then(() => traefik.plan),
        ]),
    whenReady(litellmStart.plan, databaseParts),
    ...labelStarts.map(({ plan }) => Promise.resolve(plan)),
    ...replicas.map((plan) => whenReady(plan, databaseParts)),
    Promise.resolve(upstreamsPlan(litellm.plan, attachments(networksOf(deployment.litellm), networks, "upstreams"))),
    ...[scriptedModel, ...machines, ...services.map(({ plan }) => plan), ...standIns].map((plan) =>
      Promise.resolve(plan),
    ),
    ...cacheServices(deployment).map((service) => redisPlan(rig, context, service, litellm.plan)),
  ];
  const parts: Record<string, PartHandle> = {};
  const [gatewayHost] = await Promise.all([
    startGatewayHost(rig, networks, network, parts),
    ...databaseParts.map(async (starting) => {
      const part = await starting;
      parts[part.name] = part;
    }),
    ...plans.map(async (planned) => {
      const plan = await planned;
      const part = await rig.startPart(rigName, plan);
      parts[plan.name] = part;
      booting.delete(plan.name);
      if (booting.size === 0) litellmReady.resolve();
    }),
  ]);
  const registered = parts.litellm === undefined ? [] : await registrations(rig, parts.litellm);
  const listeners = { ...deployment, entryPoints: listeningEntryPoints(deployment.traefikModel) };
  const published = publications(
    Object.entries(servicesByKey).flatMap(([key, part]) => {
      const service = deployment.compose.services.get(key);
      if (service === undefined) return [];
      const ports = portsOnHost(service, listeners);
      return [
        {
          service: { ...service, ports },
          part: parts[part],
          networks: publishingNetworks(deployment, service, networks),
        },
      ];
    }),
  );
  await publish(rig.engine, gatewayHost, hostInterfaces(deployment, networks), published);
  if (parts.traefik && inFront) {
    const { traefikModel } = inFront.deployment;
    const carried = traefikModel.containers.map(({ service }) => service.key);
    await routersLoaded(rig.engine, parts.traefik, traefikModel, new Set([...running, ...carried]));
  }
  return {
    rig: rigName,
    parts,
    networks: Object.fromEntries([...networks].map(([key, { name: made }]) => [key, made])),
    changes: [
      ...[traefik, logins, labelled, litellm].flatMap((rendered) => rendered?.changes ?? []),
      ...registered,
      ...replicaChange(deployment),
      ...agentChanges(deployment),
      ...[...services, ...databases].flatMap(({ changes }) => changes),
    ],
    services: servicesByKey,
    standIns: standInsByKey,
    upstreams: Object.assign({}, ...services.map(({ upstreams }) => upstreams), standInAddresses(deployment)),
  };
}

/**
 * Whether Traefik checks the health of a service. Its first check comes at its start, and the next one half a minute later
 * by default: a LiteLLM that still boots then would have no server until the second.
 */
function checksHealth(inFront: EdgeContext | undefined): boolean {
  if (inFront === undefined) return false;
  const { containers, files } = inFront.deployment.traefikModel;
  const configurations = [...containers, ...(files === undefined ? [] : [files])].map(
    ({ configuration }) => configuration,
  );
  return configurations
    .flatMap(({ services }) => services)
    .some(({ options }) => [...options.keys()].some((key) => key.startsWith("loadbalancer.healthcheck.")));
}

/** Fills LiteLLM's database as the operator did. Keys are granted servers, so that those come first. */
async function registrations(
  { deployment, canaries, registered }: RigContext,
  litellm: PartHandle,
): Promise<RenderedChange[]> {
  const meant = { ...deployment, policy: { ...deployment.policy, ...registered } };
  const servers = await registerServers(meant, litellm);
  return [...servers, ...(await registerKeys(meant, litellm, canaries.secrets))];
}

/** LiteLLM's own image changes the database's tables as it starts. The query engine of the suite waits by itself. */
async function whenReady(litellm: PartPlan, databases: readonly Promise<PartHandle>[]): Promise<PartPlan> {
  if (litellm.image.origin === "pulled") await Promise.all(databases);
  return litellm;
}

/** A machine on one network that does nothing by itself: checks run their commands on it. */
export function machinePlan(name: string, image: PartImage, network?: RunNetwork): PartPlan {
  return {
    name,
    image,
    networks: network === undefined ? [] : [{ network, aliases: [] }],
    entrypoint: ["sleep"],
    command: ["infinity"],
    ready: readyWhenRunning,
    startDeadline: deadlines.smallPartStart,
  };
}

/** The hosts on the LAN, on Traefik's network and in the place of clients in services, the browser's and the agent's machine. */
function machinePlans(
  { deployment, images, config }: RigContext,
  network: FindNetwork,
  certificate: HostCertificate | undefined,
): Promise<PartPlan>[] {
  const codex = deployment.policy.clients.find(({ kind }) => kind === "codex");
  return [
    images.get("host").then((image) => machinePlan("lan-host", image, network(lanNetwork))),
    images.get("host").then((image) => machinePlan("inside-host", image, network(sharedNetwork(deployment)))),
    ...servicesOfClients(deployment).map((service) =>
      images.get("host").then((image) => ({
        ...machinePlan(machineInPlaceOf(service.key), image),
        networks: [...networksOf(service).keys()].map((key) => ({ network: network(key), aliases: [] })),
      })),
    ),
    images.get("browser").then((image) => machinePlan("browser", image, network(lanNetwork))),
    ...(codex === undefined
      ? []
      : [
          images.get("codex", config.versions.codex ?? codex.version).then((image) => ({
            ...machinePlan("codex", image),
            networks: agentNetworks(deployment).map((name) => ({ network: network(name), aliases: [] })),
            ...trustOf(certificate),
          })),
        ]),
  ];
}

async function scriptedModelPlan({ images }: RigContext, network: FindNetwork): Promise<PartPlan> {
  return {
    name: "scripted-model",
    image: await images.get("scripted-model"),
    networks: [{ network: network(providerNetwork), aliases: [modelProvider.host] }],
    publish: [modelProvider.port],
    ready: answersHttp(modelProvider.port, "/_health"),
    startDeadline: deadlines.smallPartStart,
  };
}

/**
 * Starts the gateway host and the sentinel, and loads the firewall while the other parts still start, so that a faulty
 * firewall is reported early.
 *
 * @param parts gets both parts as soon as they run
 * @returns the gateway host
 */
async function startGatewayHost(
  rig: RigContext,
  networks: ReadonlyMap<string, MadeNetwork>,
  network: FindNetwork,
  parts: Record<string, PartHandle>,
): Promise<PartHandle> {
  const { engine, deployment } = rig;
  const { firewall } = deployment.policy;
  const image = await rig.images.get("host");
  const namesIn = (zone: "internal" | "external"): string[] =>
    deployment.policy.hosts.filter((host) => host.zone === zone).map((host) => host.name);
  // Without an internal host the LAN uses the external name.
  const usedOnTheLan = [
    ...deployment.policy.reach.flatMap(({ from, to, as }) =>
      from === "lan" && to === "gateway-host" && as !== undefined ? [as] : [],
    ),
    ...[internalHostOf(deployment.policy)].flatMap((host) => host?.name ?? []),
  ];
  const [host, sentinel] = await Promise.all([
    rig.startPart(rigName, {
      ...machinePlan("gateway-host", image, network(lanNetwork)),
      networks: [
        { network: network(lanNetwork), aliases: [...new Set([...namesIn("internal"), ...usedOnTheLan])] },
        { network: network(outsideNetwork), aliases: namesIn("external") },
        ...serviceNetworkPlans(deployment).map(({ name }) => ({ network: network(name), aliases: [] })),
      ],
      files: firewall === undefined ? [] : [{ target: firewallPath, content: readFileSync(firewall.file) }],
      capabilities: { add: ["NET_ADMIN"], drop: ["ALL"] },
      sysctls: {
        "net.ipv4.ip_forward": "1",
        ...(network(lanNetwork).ipv6 ? { "net.ipv6.conf.all.forwarding": "1" } : {}),
      },
    }),
    rig.startPart(rigName, machinePlan("sentinel", image, network(outsideNetwork))),
  ]);
  Object.assign(parts, { "gateway-host": host, sentinel });
  await becomeGatewayHost(engine, host, hostInterfaces(deployment, networks), sentinel, firewall?.file);
  return host;
}

/**
 * Names on the engine of the networks by which docker publishes a service's ports, the one that LiteLLM and Traefik share
 * first. It publishes none by an internal network.
 */
function publishingNetworks(
  deployment: Deployment,
  service: ComposeService,
  networks: ReadonlyMap<string, MadeNetwork>,
): string[] {
  const shared = sharedNetwork(deployment);
  const keys = [...networksOf(service).keys()].filter((key) => !deployment.compose.networks.get(key)?.internal);
  const sorted = keys.toSorted((a, b) => Number(b === shared) - Number(a === shared));
  return sorted.flatMap((key) => networks.get(key)?.name ?? []);
}

/** Key of a compose service to the part that runs it. */
function servicesOf(deployment: Deployment, services: readonly ServicePart[]): Record<string, string> {
  const { litellm, traefik } = deployment;
  const databases = databaseServers(deployment).flatMap(({ service, part }): [string, string][] =>
    service === undefined ? [] : [[service.key, part]],
  );
  return {
    ...(traefik === undefined ? {} : { [traefik.key]: "traefik" }),
    [litellm.key]: "litellm",
    ...Object.fromEntries(databases),
    ...Object.fromEntries(cacheServices(deployment).map(({ key }) => [key, partOfService(key)])),
    ...Object.fromEntries(services.map(({ service, plan }) => [service, plan.name])),
  };
}
