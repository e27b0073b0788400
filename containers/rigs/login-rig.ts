import { withTraefik } from "../../helpers/deployment/types.ts";
import { databaseServers } from "../parts/databases/database-servers.ts";
import { postgresPlan } from "../parts/databases/postgres.ts";
import { cacheServices, redisPlan } from "../parts/databases/redis.ts";
import {
  administratorChange,
  bootstrapAdministrator,
  makeAdministrator,
} from "../parts/deployment/keycloak-administrator.ts";
import { liteLLMPlan } from "../parts/deployment/litellm.ts";
import {
  keycloakPlan,
  loginServices,
  needsDiscovery,
  oauth2ProxyPlan,
  providerPort,
} from "../parts/deployment/login-services.ts";
import { LiteLLMApi } from "../parts/deployment/registered/litellm-api.ts";
import type { EdgeContext } from "../parts/deployment/render-context.ts";
import { serviceAttachments } from "../parts/deployment/service-networks.ts";
import { standInAddresses, standInPlans } from "../parts/deployment/stand-in-upstreams.ts";
import { labelParts } from "../parts/deployment/traefik/label-parts.ts";
import { routersLoaded, traefikPlan } from "../parts/deployment/traefik.ts";
import { servicePlans } from "../parts/deployment/upstream-services.ts";
import type { PartPlan } from "../parts/part.ts";
import { type PartHandle, rigMark, withRunningPromise } from "../parts/part.ts";
import { serviceNetworkPlans } from "./gateway-networks.ts";
import { machinePlan } from "./gateway-rig.ts";
import type { RigContext, RigState } from "./rig.ts";

const rigName = "login";
/** On it this machine reaches the upstreams. */
const directNetwork = "direct.suite";

/**
 * Starts the login rig: the deployment's Traefik, LiteLLM, Keycloak and oauth2-proxy as they are, with the upstreams behind
 * them, and a browser. Inside, the policy's hosts and the provider's are Traefik.
 *
 * @throws {EnvironmentError} when a part does not start
 * @throws {Error} for a deployment without Traefik or without a login, where no check starts this rig
 */
export async function startLoginRig(rig: RigContext): Promise<RigState> {
  const { run, images } = rig;
  const deployment = withTraefik(rig.deployment);
  const login = loginServices(deployment);
  if (login === undefined) throw new Error("the policy has no authorization, and so no login rig");
  const { authorization, provider, proxy } = login;
  const networks = await rig.createNetworks(rigName, [
    ...serviceNetworkPlans(deployment).map(({ name, internal }) => ({ name, internal })),
    { name: directNetwork, internal: false, last: true },
  ]);
  const direct = networks.get(directNetwork);
  if (direct === undefined) throw new Error("the engine created no network");
  const context: EdgeContext = { deployment, mark: rigMark(run, rigName), networks, processors: rig.engine.processors };
  const [traefik, litellm, keycloak, oauth2Proxy, services, standIns, browser] = await Promise.all([
    traefikPlan(rig, context),
    liteLLMPlan(rig, context, {
      networks: serviceAttachments(deployment.compose, deployment.litellm, networks),
      workers: 1,
    }),
    keycloakPlan(rig, context, provider, authorization),
    oauth2ProxyPlan(rig, context, proxy),
    servicePlans(rig, context, direct),
    standInPlans(rig, context, direct),
    images.get("browser"),
  ]);
  const databases = await Promise.all(
    databaseServers(deployment).map((server) => postgresPlan(rig, server, { networks, litellm: litellm.plan })),
  );
  const running = new Set([
    ...[deployment.traefik, deployment.litellm, provider, proxy].map(({ key }) => key),
    ...services.map(({ service }) => service),
  ]);
  const labelled = await labelParts(rig, context, running);
  const administrator = keycloak.plan.image.origin === "built" ? bootstrapAdministrator(provider) : undefined;
  const parts: Record<string, PartHandle> = {};
  const start = async (plan: PartPlan): Promise<void> => {
    parts[plan.name] = await rig.startPart(rigName, plan);
  };
  const databaseStarts = databases.map(({ plan }) => start(plan));
  // Those with labels for Traefik, which misses a container that starts while it does.
  const behind = [
    litellm.plan,
    keycloak.plan,
    ...(needsDiscovery(proxy) ? [] : [oauth2Proxy.plan]),
    ...labelled.plans,
  ].map(withRunningPromise);
  const hosts = [
    ...new Set([new URL(authorization.issuer).hostname, ...deployment.policy.hosts.map(({ name }) => name)]),
  ];
  const edge: PartPlan = {
    ...traefik.plan,
    networks: traefik.plan.networks.map(({ network, aliases }) => ({ network, aliases: [...aliases, ...hosts] })),
  };
  await Promise.all([
    ...databaseStarts,
    ...behind.map(async ({ plan }) => {
      if (plan.name === litellm.plan.name && plan.image.origin === "pulled") await Promise.all(databaseStarts);
      await start(plan);
      const keycloakPart = plan.name === keycloak.plan.name ? parts[plan.name] : undefined;
      if (keycloakPart !== undefined && administrator !== undefined)
        await makeAdministrator(keycloakPart, providerPort(provider), administrator);
    }),
    ...cacheServices(deployment).map(
      async (service) => await start(await redisPlan(rig, context, service, litellm.plan)),
    ),
    Promise.all(behind.map(({ running: runs }) => runs)).then(() => start(edge)),
    ...[...services.map(({ plan }) => plan), ...standIns].map(start),
    start(machinePlan("browser", browser, edge.networks[0]?.network)),
  ]);
  if (needsDiscovery(proxy)) await start(oauth2Proxy.plan);
  await Promise.all([
    parts.traefik === undefined
      ? undefined
      : routersLoaded(rig.engine, parts.traefik, deployment.traefikModel, running),
    parts.litellm === undefined
      ? undefined
      : new LiteLLMApi(deployment, parts.litellm).openFirstSession(deployment.policy.mcp.endpoint),
  ]);
  return {
    rig: rigName,
    parts,
    networks: Object.fromEntries([...networks].map(([key, { name }]) => [key, name])),
    changes: [
      ...[traefik, litellm, keycloak, oauth2Proxy, labelled].flatMap(({ changes }) => changes),
      ...[...services, ...databases].flatMap(({ changes }) => changes),
      ...(administrator === undefined ? [] : [administratorChange(provider)]),
    ],
    upstreams: Object.assign({}, ...services.map(({ upstreams }) => upstreams), standInAddresses(deployment)),
  };
}
