import { readFileSync } from "node:fs";
import { deadlines } from "../../helpers/core/deadlines.ts";
import type { ComposeService, Deployment } from "../../helpers/deployment/types.ts";
import type { PartImage } from "../images/images.ts";
import { becomeGatewayHost, firewallPath, publications, publish } from "../networks/gateway-host.ts";
import type { HostInterface } from "../networks/gateway-host-rules.ts";
import type { MadeNetwork, NetworkPlan } from "../networks/network.ts";
import { liteLLMPlan, upstreamsPlan } from "../parts/litellm.ts";
import { announced, type PartHandle, type PartPlan, type RunNetwork, rigMark } from "../parts/part.ts";
import { answersHttp, atOnce, succeeds } from "../parts/readiness.ts";
import { modelProvider, networksOf, type RenderContext } from "../parts/render.ts";
import { attachments, routersLoaded, traefikPlan } from "../parts/traefik.ts";
import type { RigContext, RigState } from "./rig.ts";

/** Networks of the suite's own beside the deployment's. */
/** Between LiteLLM and the scripted model. */
export const providerNetwork = "model-provider";
const lanNetwork = "lan";
const outsideNetwork = "outside";

/**
 * The gateway rig: the deployment's Traefik and LiteLLM, a Postgres and the stdio upstreams behind it, the scripted
 * model in the provider's place, and a LAN with a host and an agent's machine on it, behind a gateway host that
 * publishes what compose publishes and has the deployment's firewall. All that would leave goes by it, to a sentinel
 * outside. All parts start side by side.
 *
 * @throws {EnvironmentError} when a part does not start
 */
export async function startGatewayRig(rig: RigContext): Promise<RigState> {
  const name = "gateway";
  const { engine, run, deployment, images, progress } = rig;
  const networks = await rig.createNetworks(name, [
    ...networkPlans(deployment),
    // Not internal: an internal network publishes no port, and the checks script the model from this machine. Routed to
    // nobody: it is no way out.
    { name: providerNetwork, internal: false, routed: true, last: true },
    // Not internal: the engine would drop what a host on them sends to an address elsewhere, before any firewall sees it.
    { name: lanNetwork, internal: false, ipv6: true, routed: true, apart: true },
    { name: outsideNetwork, internal: false, ipv6: true, routed: true, apart: true },
  ]);
  const context: RenderContext = { deployment, mark: rigMark(run, name), networks };
  const own = (network: string): MadeNetwork => {
    const made = networks.get(network);
    if (made === undefined) throw new Error(`no network ${network}`);
    return made;
  };
  const edgeNetwork = sharedNetwork(deployment);
  const namesIn = (zone: "internal" | "external"): string[] =>
    deployment.policy.hosts.filter((host) => host.zone === zone).map((host) => host.name);
  const interfaces = hostInterfaces(deployment, networks);
  const { firewall } = deployment.policy;

  const [traefik, litellm] = await Promise.all([
    traefikPlan(rig, context),
    liteLLMPlan(rig, context, {
      networks: [
        ...attachments(networksOf(deployment.litellm), networks, deployment.litellm.name),
        { network: own(providerNetwork), aliases: [] },
      ],
    }),
  ]);
  const hostImage = images.get("host");
  const target = announced(litellm.plan);
  const plans: Promise<PartPlan>[] = [
    // Traefik lists the containers and then begins to listen for new ones: one that starts in between it never sees.
    target.running.then(() => traefik.plan),
    Promise.resolve(target.plan),
    Promise.resolve(upstreamsPlan(litellm.plan, attachments(networksOf(deployment.litellm), networks, "upstreams"))),
    images.get("scripted-model").then((image) => ({
      name: "scripted-model",
      image,
      networks: [{ network: own(providerNetwork), aliases: [modelProvider.host] }],
      publish: [modelProvider.port],
      ready: answersHttp(modelProvider.port, "/_health"),
      startDeadline: deadlines.smallPartStart,
    })),
    hostImage.then((image) => machine("lan-host", image, own(lanNetwork))),
    hostImage.then((image) => machine("inside-host", image, own(edgeNetwork))),
    images.get("browser").then((image) => machine("browser", image, own(lanNetwork))),
    images
      .get("codex", codexVersion(deployment))
      .then((image) => machine("codex", image, own(codexNetwork(deployment, edgeNetwork)))),
    ...databasePlans(rig, networks),
  ];
  const parts: Record<string, PartHandle> = {};
  // While the rest still boots: a firewall that is wrong shows at once.
  const gatewayHost = hostImage.then(async (image) => {
    const [host, sentinel] = await Promise.all([
      rig.startPart(name, {
        ...machine("gateway-host", image, own(lanNetwork)),
        networks: [
          { network: own(lanNetwork), aliases: namesIn("internal") },
          { network: own(outsideNetwork), aliases: namesIn("external") },
          ...networkPlans(deployment).map((plan) => ({ network: own(plan.name), aliases: [] })),
        ],
        files: firewall === undefined ? [] : [{ target: firewallPath, content: readFileSync(firewall.file) }],
        capabilities: { add: ["NET_ADMIN"], drop: ["ALL"] },
        sysctls: {
          "net.ipv4.ip_forward": "1",
          ...(own(lanNetwork).ipv6 ? { "net.ipv6.conf.all.forwarding": "1" } : {}),
        },
      }),
      rig.startPart(name, machine("sentinel", image, own(outsideNetwork))),
    ]);
    Object.assign(parts, { "gateway-host": host, sentinel });
    await becomeGatewayHost(engine, host, interfaces, sentinel, firewall?.file);
    return host;
  });
  const [host] = await Promise.all([
    gatewayHost,
    ...plans.map(async (planned) => {
      const plan = await planned;
      const start = (): Promise<PartHandle> => rig.startPart(name, plan);
      parts[plan.name] = plan.name === "litellm" ? await progress.during("floor: LiteLLM boot", start) : await start();
    }),
  ]);
  const services = [
    { service: deployment.traefik, part: parts.traefik },
    { service: deployment.litellm, part: parts.litellm },
  ];
  await publish(engine, host, interfaces, publications(services, own(edgeNetwork).name));
  if (parts.traefik) await routersLoaded(parts.traefik, litellm.plan.labels ?? {});
  return {
    rig: name,
    parts,
    networks: Object.fromEntries([...networks].map(([key, { name: made }]) => [key, made])),
    changes: [...traefik.changes, ...litellm.changes],
    services: {
      [deployment.traefik.name]: "traefik",
      [deployment.litellm.name]: "litellm",
      ...Object.fromEntries(
        databaseUrls(deployment)
          .map(({ hostname }, index) => [hostname, databasePart(index)] as const)
          .filter(([hostname]) => deployment.compose.services.has(hostname)),
      ),
    },
  };
}

/** A machine on one network that does nothing of itself: checks run their commands on it. */
export function machine(name: string, image: PartImage, network?: RunNetwork): PartPlan {
  return {
    name,
    image,
    networks: network === undefined ? [] : [{ network, aliases: [] }],
    entrypoint: ["sleep"],
    command: ["infinity"],
    ready: atOnce,
    startDeadline: deadlines.smallPartStart,
  };
}

/** The networks of the deployment's services. From one that is not internal the way out leads by the gateway host. */
function networkPlans(deployment: Deployment): NetworkPlan[] {
  const names = new Set<string>();
  for (const service of deployment.compose.services.values())
    for (const name of networksOf(service).keys()) names.add(name);
  return [...names].map((name) => {
    const { internal = false, ipv6 = false } = deployment.compose.networks.get(name) ?? {};
    return { name, internal, ipv6, routed: !internal };
  });
}

/** The gateway host's interfaces: the policy and compose.yaml say what they are called. */
function hostInterfaces(deployment: Deployment, networks: ReadonlyMap<string, MadeNetwork>): HostInterface[] {
  const { lan, outside } = deployment.policy.firewall?.interfaces ?? { lan: "lan0", outside: "wan0" };
  const sides = new Map<string, HostInterface["side"]>([
    [lanNetwork, "lan"],
    [outsideNetwork, "outside"],
    ...networkPlans(deployment).map(({ name, internal }) => [name, internal ? "internal" : "bridge"] as const),
  ]);
  return [...sides].flatMap(([name, side]) => {
    const network = networks.get(name);
    if (network === undefined) return [];
    if (side === "lan" || side === "outside") return { name: side === "lan" ? lan : outside, network, side };
    // As docker names a bridge itself.
    const bridge = deployment.compose.networks.get(name)?.bridge ?? `br-${network.id.slice(0, 12)}`;
    return { name: bridge, network, side };
  });
}

/** The first network that LiteLLM and Traefik share; LiteLLM's first where they share none. */
function sharedNetwork(deployment: Deployment): string {
  const traefik = networksOf(deployment.traefik);
  const litellm = [...networksOf(deployment.litellm).keys()];
  const shared = litellm.find((name) => traefik.has(name)) ?? litellm[0];
  return shared ?? "default";
}

/** The databases behind the upstreams, each once. */
function databaseUrls(deployment: Deployment): URL[] {
  const urls = new Set(
    deployment.policy.upstreams.flatMap(({ database }) =>
      database === undefined ? [] : (deployment.variables.get(database.variable)?.value ?? []),
    ),
  );
  return [...urls].map((text) => new URL(text));
}

function databasePart(index: number): string {
  return index === 0 ? "postgres" : `postgres-${index + 1}`;
}

function databasePlans(
  { images, deployment, canaries }: RigContext,
  networks: ReadonlyMap<string, RunNetwork>,
): Promise<PartPlan>[] {
  return databaseUrls(deployment).map(async (url, index) => {
    const service = deployment.compose.services.get(url.hostname);
    const database = decodeURIComponent(url.pathname.slice(1)) || "postgres";
    return {
      name: databasePart(index),
      image: await images.get("postgres", service?.version),
      networks: databaseAttachments(deployment, service, networks, url.hostname),
      environment: {
        POSTGRES_USER: decodeURIComponent(url.username) || "postgres",
        POSTGRES_PASSWORD: decodeURIComponent(url.password),
        POSTGRES_DB: database,
      },
      // Every statement is logged: a check judges what an upstream did by Postgres's own word.
      command: ["postgres", "-c", "log_statement=all", "-c", "fsync=off", "-c", `port=${url.port || "5432"}`],
      files: [{ target: "/docker-entrypoint-initdb.d/canary.sql", content: `CREATE DATABASE ${canaries.database};\n` }],
      keepsState: true,
      ready: succeeds("pg_isready", "-q", "-h", "127.0.0.1", "-p", url.port || "5432", "-d", database),
      startDeadline: deadlines.databaseStart,
    };
  });
}

/** On the networks of the compose service of that name; where the database lives elsewhere, on LiteLLM's own. */
function databaseAttachments(
  deployment: Deployment,
  service: ComposeService | undefined,
  networks: ReadonlyMap<string, RunNetwork>,
  host: string,
): PartPlan["networks"] {
  if (service !== undefined) return attachments(networksOf(service), networks, host);
  return attachments(
    new Map([...networksOf(deployment.litellm).keys()].slice(-1).map((name) => [name, []])),
    networks,
    host,
  );
}

function codexVersion(deployment: Deployment): string | undefined {
  return process.env.CODEX_VERSION ?? deployment.policy.clients.find(({ kind }) => kind === "codex")?.version;
}

function codexNetwork(deployment: Deployment, edgeNetwork: string): string {
  const codex = deployment.policy.clients.find(({ kind }) => kind === "codex");
  return codex?.from === "traefik-network" ? edgeNetwork : lanNetwork;
}
