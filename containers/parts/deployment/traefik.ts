import { request } from "undici";
import { deadlines, until } from "../../../helpers/core/deadlines.ts";
import type { TraefikModel } from "../../../helpers/deployment/traefik/model.ts";
import type { RenderedChange } from "../../../helpers/run/run-record.ts";
import type { Engine } from "../../engine/engine.ts";
import type { PartHandle, PartPlan, RunNetwork } from "../part.ts";
import type { PartResources } from "../part-resources.ts";
import { answersHttp, type Readiness } from "../readiness.ts";
import { namedImage } from "./named-image.ts";
import type { EdgeContext } from "./render-context.ts";
import { isEngineSocket } from "./render-service.ts";
import { renderTraefik } from "./render-traefik.ts";
import { serviceAttachments } from "./service-networks.ts";
import { ListingAgain, startListedContainer } from "./traefik/list-again.ts";
import { listedName, suiteName, traefikApiPort } from "./traefik/suite-api.ts";

/** Where Traefik's docker provider finds the engine by itself. */
const socketPath = "/var/run/docker.sock";

/** The deployment's Traefik, ready to start. */
export async function traefikPlan(
  { engine, images, config }: PartResources,
  context: EdgeContext,
): Promise<{ plan: PartPlan; changes: readonly RenderedChange[] }> {
  const { traefik: service, traefikModel } = context.deployment;
  const [image, rendered] = await Promise.all([
    images.traefik(config.versions.traefik ?? service.version, namedImage(service, config.versions.traefik)),
    renderTraefik(context),
  ]);
  const plan: PartPlan = {
    name: "traefik",
    image,
    networks: serviceAttachments(context.deployment.compose, service, context.networks),
    ...(rendered.command === undefined ? {} : { command: rendered.command }),
    environment: rendered.environment,
    labels: rendered.labels,
    settings: rendered.settings,
    files: rendered.files,
    directories: rendered.directories,
    binds: [
      ...new Set([
        socketPath,
        ...service.mounts.filter(({ source }) => isEngineSocket(source)).map(({ target }) => target),
      ]),
    ].map((target) => ({ source: engine.socketPath, target, readOnly: true })),
    publish: [...new Set([...entryPointPorts(traefikModel).values(), traefikApiPort])],
    ready: answersApi(engine),
    startDeadline: deadlines.smallPartStart,
    // Seen once on a busy machine: it answered 404 for 30 s, as if no container had labels.
    startsAgain: true,
  };
  return { plan, changes: rendered.changes };
}

/** The suite's router comes with the first labels; until then its entry point answers with 404. */
function answersApi(engine: Engine): Readiness {
  const answers = answersHttp(traefikApiPort, "/api/version");
  let listing: { of: string; again: ListingAgain } | undefined;
  return {
    ...answers,
    async ask(part) {
      if (await answers.ask(part)) return true;
      const { id } = part.container;
      if (listing?.of !== id) listing = { of: id, again: new ListingAgain(engine, id) };
      await listing.again.missed();
      return false;
    },
  };
}

/** Entry point to port, for TCP; names in lower case. */
export function entryPointPorts(model: TraefikModel): Map<string, number> {
  const tcp = [...model.static.entryPoints.values()].filter(({ protocol }) => protocol === "tcp");
  return new Map(tcp.map(({ name, port }) => [name.toLowerCase(), port]));
}

/** Networks of a service with its aliases; as in compose, the service's own name is one. */
export function attachments(
  networks: ReadonlyMap<string, readonly string[]>,
  made: ReadonlyMap<string, RunNetwork>,
  serviceName: string,
): { network: RunNetwork; aliases: string[] }[] {
  const attached: { network: RunNetwork; aliases: string[] }[] = [];
  for (const [name, aliases] of networks) {
    const network = made.get(name);
    if (network !== undefined) attached.push({ network, aliases: [...new Set([serviceName, ...aliases])] });
  }
  return attached;
}

/** One live router of Traefik's API. */
export interface LiveRouter {
  name: string;
  rule: string;
  priority: number;
  service: string;
  entryPoints: readonly string[];
  middlewares: readonly string[];
  /** `enabled`, `disabled` or `warning`. */
  status: string;
  errors: readonly string[];
}

/** The routers of the suite's own. */
const suiteRouters: ReadonlySet<string> = new Set([`${suiteName}@docker`, `${listedName}@docker`]);

/**
 * Traefik's live configuration, from `GET /api/rawdata`, without the suite's own routers.
 *
 * @param model what the deployment's files say: where it has Swarm's provider, names have `@swarm` as in the files
 * @returns `hasListed`: whether it has the router of {@link startListedContainer}
 */
export async function rawData(
  traefik: PartHandle,
  model?: TraefikModel,
): Promise<{ routers: LiveRouter[]; text: string; hasListed: boolean }> {
  const response = await request(`http://${traefik.host}:${traefik.ports[traefikApiPort]}/api/rawdata`, {
    headersTimeout: deadlines.request,
    bodyTimeout: deadlines.request,
  });
  const text = await response.body.text();
  const data = JSON.parse(text) as {
    routers?: Record<string, Partial<Omit<LiveRouter, "name" | "errors">> & { error?: string[] }>;
  };
  const named = (name: string): string => (model === undefined ? name : nameInFiles(model, name));
  const routers = Object.entries(data.routers ?? {})
    .filter(([name]) => !suiteRouters.has(name))
    .map(([name, router]) => ({
      name: named(name),
      rule: router.rule ?? "",
      priority: router.priority ?? 0,
      service: named(router.service ?? ""),
      entryPoints: router.entryPoints ?? [],
      middlewares: (router.middlewares ?? []).map(named),
      status: router.status ?? "",
      errors: router.error ?? [],
    }));
  return { routers, text, hasListed: data.routers?.[`${listedName}@docker`] !== undefined };
}

/** A live name as the deployment has it: docker's provider takes the place of Swarm's. */
export function nameInFiles(model: TraefikModel, name: string): string {
  if (!name.endsWith("@docker") || !model.providers.includes("swarm")) return name;
  const ofSwarm = name.replace(/@docker$/, "@swarm");
  if (!model.providers.includes("docker")) return ofSwarm;
  return model.routerOf(name) === undefined && model.middlewareOf(name) === undefined ? ofSwarm : name;
}

/**
 * Waits until Traefik has the routers that the deployment's files define. Those that it drops for a reason that the files do
 * not show never come: then the wait ends when Traefik has listed the containers once more, and the checks report the
 * difference. On a busy machine that can be long after the time that it usually needs.
 *
 * @param running keys of the services whose labels the rig's containers carry
 * @returns whether all of them exist
 */
export async function routersLoaded(
  engine: Engine,
  traefik: PartHandle,
  model: TraefikModel,
  running: ReadonlySet<string>,
): Promise<boolean> {
  const carried = model.containers.filter(({ isLive, service }) => isLive && running.has(service.key));
  const expected = [
    ...carried.flatMap(({ configuration }) => configuration.routers),
    ...(model.files === undefined || model.files.areRefused ? [] : model.files.configuration.routers),
  ];
  const listing = new ListingAgain(engine, traefik.containerId);
  const seen = async (isEnough: (hasListed: boolean) => boolean): Promise<boolean | undefined> => {
    const { routers, hasListed } = await rawData(traefik, model);
    const live = new Set(routers.map(({ name }) => model.routerOf(name)));
    if (expected.every((router) => live.has(router))) return true;
    if (isEnough(hasListed)) return false;
    await listing.missed();
    return undefined;
  };
  try {
    return await until("Traefik has read its configuration", deadlines.routersLoaded, () => seen(() => false));
  } catch {
    // An image without a shell's commands can't run it: then Traefik gets the same time again.
    await using listed = await startListedContainer(engine, traefik.containerId).catch(() => null);
    const deadline = listed === null ? deadlines.routersLoaded : deadlines.smallPartStart;
    const what = "Traefik has listed the containers";
    return await until(what, deadline, () => seen((hasListed) => hasListed)).catch(() => false);
  }
}
