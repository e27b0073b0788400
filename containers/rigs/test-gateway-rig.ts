import { deadlines } from "../../helpers/core/deadlines.ts";
import type { RenderedChange } from "../../helpers/run/run-record.ts";
import { type ExtraServers, liteLLMPlan } from "../parts/litellm.ts";
import { type PartFile, type PartHandle, type PartPlan, type RunNetwork, rigMark } from "../parts/part.ts";
import { answersHttp } from "../parts/readiness.ts";
import { networksOf, type RenderContext } from "../parts/render.ts";
import type { RigContext, RigName, RigState } from "./rig.ts";
import { everything, hostile, shortWaits, soundServers, testServers } from "./test-upstreams.ts";

/**
 * The trial rig: the deployment's LiteLLM once more, with upstreams that no operator has beside the operator's own:
 * server-everything over streamable HTTP, and the hostile one with all of its behaviours. The reference's own LiteLLM
 * stays pure. It shares the gateway rig's databases, and starts after it, so that it does not slow its boot.
 *
 * @throws {EnvironmentError} when a part does not start
 */
export async function startTestGatewayRig(rig: RigContext): Promise<RigState> {
  return await startBeside(rig, "trial", {
    servers: testServers(rig.deployment),
    upstreams: [everythingPlan(rig), hostilePlan(rig)],
    files: [{ target: `${shortWaits.directory}/${shortWaits.file}`, content: shortWaits.content }],
  });
}

/**
 * The restart rig: a LiteLLM that one check has to itself and may restart, with the operator's upstreams and
 * server-everything, which may be restarted too.
 *
 * @throws {EnvironmentError} when a part does not start
 */
export async function startRestartableGatewayRig(rig: RigContext): Promise<RigState> {
  return await startBeside(rig, "restart", { servers: soundServers, upstreams: [everythingPlan(rig)] });
}

/** A part without its networks. */
type Upstream = Omit<PartPlan, "networks"> & { alias: string };

/** What a LiteLLM beside the gateway's own has and that one lacks. */
interface Beside {
  servers: ExtraServers;
  upstreams: readonly Promise<Upstream>[];
  files?: readonly PartFile[];
}

/** A LiteLLM of the deployment's config and more upstreams, beside the gateway rig. */
async function startBeside(
  rig: RigContext,
  name: RigName,
  { servers, upstreams, files = [] }: Beside,
): Promise<RigState> {
  const { run, deployment } = rig;
  const [gateway, networks] = await Promise.all([
    rig.rig("gateway"),
    // Not internal: an internal network publishes no port.
    rig.createNetworks(name, [{ name: "upstreams", internal: false }]),
  ]);
  const own = networks.get("upstreams");
  if (own === undefined) throw new Error("the engine made no network");
  const context: RenderContext = { deployment, mark: rigMark(run, name), networks: new Map() };
  // No alias on the gateway's networks: the name `litellm` is another container's there.
  const shared = [...networksOf(deployment.litellm).keys()].flatMap((network) => shareOf(gateway, network));
  const { plan, changes } = await liteLLMPlan(rig, context, {
    networks: [{ network: own, aliases: [] }, ...shared.map((network) => ({ network, aliases: [] }))],
    servers,
  });
  const parts: Record<string, PartHandle> = {};
  // The upstreams first: LiteLLM asks them while it boots.
  await Promise.all(
    upstreams.map(async (planned) => {
      const { alias, ...upstream } = await planned;
      const networks = [{ network: own, aliases: [alias] }];
      parts[upstream.name] = await rig.startPart(name, { ...upstream, networks });
    }),
  );
  // Without labels: Traefik has nothing to do with it.
  const environment = { NUM_WORKERS: "1", ...plan.environment };
  parts[plan.name] = await rig.startPart(name, {
    ...plan,
    environment,
    files: [...(plan.files ?? []), ...files],
    labels: {},
  });
  return { rig: name, parts, networks: { upstreams: own.name }, changes: [...changes, ...workers(rig, name)] };
}

/** 1.77.1 starts four workers, each a whole LiteLLM, where nothing says how many. */
function workers({ deployment }: RigContext, name: RigName): RenderedChange[] {
  if (deployment.litellm.environment.has("NUM_WORKERS")) return [];
  return [
    {
      where: `compose.yaml:${deployment.litellm.name}.environment`,
      what: `set NUM_WORKERS=1 in the ${name} rig`,
      why: "beside the gateway's own LiteLLM one worker is enough",
    },
  ];
}

/** A network of the gateway rig; the engine takes its name for an id. */
function shareOf({ networks }: RigState, name: string): RunNetwork[] {
  const made = networks[name];
  return made === undefined ? [] : [{ name: made, id: made }];
}

async function everythingPlan({ images }: RigContext): Promise<Upstream> {
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

async function hostilePlan({ images }: RigContext): Promise<Upstream> {
  return {
    name: "hostile",
    alias: hostile.host,
    image: await images.get("hostile-upstream"),
    publish: [hostile.port],
    ready: answersHttp(hostile.port, "/_health"),
    startDeadline: deadlines.smallPartStart,
  };
}
