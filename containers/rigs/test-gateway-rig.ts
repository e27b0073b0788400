import { deadlines } from "../../helpers/core/deadlines.ts";
import type { ExtraServers } from "../parts/deployment/extra-servers.ts";
import { liteLLMPlan } from "../parts/deployment/litellm.ts";
import { networksOf, type RenderContext } from "../parts/deployment/render-context.ts";
import { type PartFile, type PartHandle, type PartPlan, type RunNetwork, rigMark } from "../parts/part.ts";
import { answersHttp } from "../parts/readiness.ts";
import type { RigContext, RigName, RigState } from "./rig.ts";
import {
  everything,
  hostile,
  missingCommand,
  referenceServers,
  shortPoolTimeout,
  testServers,
} from "./test-upstreams.ts";

/**
 * Starts the test gateway rig: another instance of the deployment's LiteLLM, with the suite's own test upstreams in addition
 * to the operator's: server-everything over streamable HTTP, and the hostile one with all of its behaviours. The gateway
 * rig's LiteLLM keeps the operator's upstreams only. It shares the gateway rig's databases, and starts after it, so that
 * it does not slow its boot.
 *
 * @throws {EnvironmentError} when a part does not start
 */
export async function startTestGatewayRig(rig: RigContext): Promise<RigState> {
  return await startSecondLiteLLM(rig, "test-gateway", {
    servers: testServers(rig.deployment),
    // Versions with a list of allowed commands refuse to report on any server otherwise (1.85.3).
    commands: [missingCommand],
    upstreams: [everythingPlan(rig), hostilePlan(rig)],
    files: [{ target: `${shortPoolTimeout.directory}/${shortPoolTimeout.file}`, content: shortPoolTimeout.content }],
  });
}

/**
 * Starts the restartable gateway rig: a LiteLLM that only one check uses, and may restart, with the operator's upstreams
 * and server-everything, which may be restarted too.
 *
 * @throws {EnvironmentError} when a part does not start
 */
export async function startRestartableGatewayRig(rig: RigContext): Promise<RigState> {
  return await startSecondLiteLLM(rig, "restartable-gateway", {
    servers: referenceServers,
    upstreams: [everythingPlan(rig)],
  });
}

/** The plan of an upstream, without its networks. */
type UpstreamPlan = Omit<PartPlan, "networks"> & { alias: string };

/** What a second LiteLLM has in addition to the gateway rig's. */
interface Additions {
  servers: ExtraServers;
  /** Commands of the servers that LiteLLM may start in addition to the deployment's. */
  commands?: readonly string[];
  upstreams: readonly Promise<UpstreamPlan>[];
  files?: readonly PartFile[];
}

/** Starts a LiteLLM with the deployment's config and additional upstreams, on the networks of the gateway rig. */
async function startSecondLiteLLM(
  rig: RigContext,
  name: RigName,
  { servers, commands = [], upstreams, files = [] }: Additions,
): Promise<RigState> {
  const { run, deployment } = rig;
  const [gateway, networks] = await Promise.all([
    rig.rig("gateway"),
    // Not internal: an internal network publishes no port.
    rig.createNetworks(name, [{ name: "upstreams", internal: false }]),
  ]);
  const own = networks.get("upstreams");
  if (own === undefined) throw new Error("the engine created no network");
  const context: RenderContext = {
    deployment,
    mark: rigMark(run, name),
    networks: new Map(),
    processors: rig.engine.processors,
  };
  // No alias on the gateway's networks: there the name `litellm` belongs to the gateway rig's container.
  const shared = [...networksOf(deployment.litellm).keys()].flatMap((network) => networkOf(gateway, network));
  const { plan, changes } = await liteLLMPlan(rig, context, {
    networks: [{ network: own, aliases: [] }, ...shared.map((network) => ({ network, aliases: [] }))],
    servers,
    workers: 1,
  });
  const parts: Record<string, PartHandle> = {};
  // The upstreams start first, because LiteLLM calls them while it boots.
  await Promise.all(
    upstreams.map(async (planned) => {
      const { alias, ...upstream } = await planned;
      const networks = [{ network: own, aliases: [alias] }];
      parts[upstream.name] = await rig.startPart(name, { ...upstream, networks });
    }),
  );
  parts[plan.name] = await rig.startPart(name, {
    ...plan,
    environment: { ...plan.environment, ...allowedCommands(plan.environment, commands) },
    files: [...(plan.files ?? []), ...files],
    // Without labels, because Traefik must not route to it; its host name would be one of the gateway's own on its networks.
    labels: {},
    ...(plan.settings === undefined ? {} : { settings: { ...plan.settings, hostname: undefined } }),
  });
  return { rig: name, parts, networks: { upstreams: own.name }, changes };
}

/** A network of a rig, by its name in the deployment. The engine accepts a network's name instead of its id. */
function networkOf({ networks }: RigState, name: string): RunNetwork[] {
  const made = networks[name];
  return made === undefined ? [] : [{ name: made, id: made }];
}

async function everythingPlan({ images }: RigContext): Promise<UpstreamPlan> {
  return {
    name: "everything",
    alias: everything.host,
    image: await images.get("everything"),
    publish: [everything.port],
    // It answers a GET without a session with 400.
    ready: answersHttp(everything.port, "/mcp", 400),
    startDeadline: deadlines.smallPartStart,
  };
}

async function hostilePlan({ images }: RigContext): Promise<UpstreamPlan> {
  return {
    name: "hostile",
    alias: hostile.host,
    image: await images.get("hostile-upstream"),
    publish: [hostile.port],
    ready: answersHttp(hostile.port, "/_health"),
    startDeadline: deadlines.smallPartStart,
  };
}

/** LiteLLM's list of the commands that it may start, with some added. */
function allowedCommands(environment: PartPlan["environment"], added: readonly string[]): Record<string, string> {
  const name = "LITELLM_MCP_STDIO_EXTRA_COMMANDS";
  const own = environment?.[name];
  const all = [...(own === undefined || own === "" ? [] : [own]), ...added];
  return added.length === 0 ? {} : { [name]: all.join(",") };
}
