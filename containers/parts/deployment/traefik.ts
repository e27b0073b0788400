import { request } from "undici";
import { deadlines, until } from "../../../helpers/core/deadlines.ts";
import { namesInLabels } from "../../../helpers/deployment/traefik/dynamic/labels.ts";
import type { TraefikModel } from "../../../helpers/deployment/traefik/model.ts";
import type { RenderedChange } from "../../../helpers/run/run-record.ts";
import type { PartHandle, PartPlan, RunNetwork } from "../part.ts";
import type { PartResources } from "../part-resources.ts";
import { answersHttp } from "../readiness.ts";
import { isEngineSocket, networksOf, type RenderContext } from "./render-service.ts";
import { renderTraefik, traefikApiPort } from "./render-traefik.ts";

/** The deployment's Traefik, ready to start. */
export async function traefikPlan(
  { engine, images, deployment, config }: PartResources,
  context: RenderContext,
): Promise<{ plan: PartPlan; changes: readonly RenderedChange[] }> {
  const service = deployment.traefik;
  const [image, rendered] = await Promise.all([
    images.get("traefik", config.versions.traefik ?? deployment.traefik.version),
    renderTraefik(context),
  ]);
  const plan: PartPlan = {
    name: "traefik",
    image,
    networks: attachments(networksOf(service), context.networks, service.name),
    ...(rendered.command === undefined ? {} : { command: rendered.command }),
    environment: rendered.environment,
    labels: rendered.labels,
    settings: rendered.settings,
    files: rendered.files,
    directories: rendered.directories,
    binds: service.mounts
      .filter(({ source }) => isEngineSocket(source))
      .map(({ target }) => ({ source: engine.socketPath, target, readOnly: true })),
    publish: [...entryPointPorts(deployment.traefikModel).values(), traefikApiPort],
    ready: answersHttp(traefikApiPort, "/api/version"),
    startDeadline: deadlines.smallPartStart,
  };
  return { plan, changes: rendered.changes };
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

/** Traefik's live configuration, from `GET /api/rawdata`. */
export async function rawData(traefik: PartHandle): Promise<{ routers: LiveRouter[]; text: string }> {
  const response = await request(`http://${traefik.host}:${traefik.ports[traefikApiPort]}/api/rawdata`, {
    headersTimeout: deadlines.request,
    bodyTimeout: deadlines.request,
  });
  const text = await response.body.text();
  const data = JSON.parse(text) as {
    routers?: Record<string, Partial<Omit<LiveRouter, "name" | "errors">> & { error?: string[] }>;
  };
  const routers = Object.entries(data.routers ?? {}).map(([name, router]) => ({
    name,
    rule: router.rule ?? "",
    priority: router.priority ?? 0,
    service: router.service ?? "",
    entryPoints: router.entryPoints ?? [],
    middlewares: router.middlewares ?? [],
    status: router.status ?? "",
    errors: router.error ?? [],
  }));
  return { routers, text };
}

/**
 * Waits until Traefik has read the labels of the containers behind it: until it has as many docker routers as the labels
 * name. Traefik never creates the routers of labels that it refuses: then the wait ends at its deadline, and the checks
 * report the difference.
 *
 * @returns whether all of them exist
 */
export async function routersLoaded(traefik: PartHandle, labels: Readonly<Record<string, string>>): Promise<boolean> {
  const named = new Set([...namesInLabels(Object.keys(labels), "routers")].map((name) => name.toLowerCase()));
  const expected = Math.max(named.size, 1);
  try {
    return await until("Traefik has read the labels", deadlines.routersLoaded, async () => {
      const { routers } = await rawData(traefik);
      return routers.filter(({ name }) => name.endsWith("@docker")).length >= expected ? true : undefined;
    });
  } catch {
    return false;
  }
}
