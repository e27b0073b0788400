import { basename } from "node:path";
import { deadlines } from "../../../../helpers/core/deadlines.ts";
import type { ComposeService, DeploymentWithTraefik } from "../../../../helpers/deployment/types.ts";
import type { RenderedChange } from "../../../../helpers/run/run-record.ts";
import type { PartPlan } from "../../part.ts";
import type { PartResources } from "../../part-resources.ts";
import { readyWhenRunning } from "../../readiness.ts";
import type { EdgeContext } from "../render-context.ts";
import { networksOf } from "../render-context.ts";
import { labelsOfRun } from "./labels.ts";
import { suiteRouterLabels } from "./suite-api.ts";

/** Parts that only carry labels for Traefik, and what they change of the deployment. */
export interface LabelParts {
  plans: PartPlan[];
  changes: RenderedChange[];
}

/**
 * Small parts that carry labels for Traefik: those of services that the rig does not run otherwise, because other services'
 * routers may use what they define; and those of the suite's own router where Traefik's container has labels of its own.
 *
 * @param running keys of the services that the rig runs, or has a part for
 */
export async function labelParts(
  { images }: Pick<PartResources, "images">,
  context: EdgeContext,
  running: ReadonlySet<string>,
): Promise<LabelParts> {
  const { deployment } = context;
  const services = deployment.traefikModel.containers
    .map(({ service }) => service)
    .filter(({ key }, index, all) => !running.has(key) && all.findIndex((one) => one.key === key) === index);
  const needsRouter = hasOwnLabels(deployment);
  if (services.length === 0 && !needsRouter) return { plans: [], changes: [] };
  const image = await images.get("host");
  const planOf = (name: string, networks: PartPlan["networks"], labels: Record<string, string>): PartPlan => ({
    name,
    image,
    networks,
    labels,
    entrypoint: ["sleep"],
    command: ["infinity"],
    // Traefik takes no container without a port. A published one is never bound where all networks are internal.
    ...(Object.keys(labels).some((key) => /\.loadbalancer\.server\.port$/i.test(key)) ? {} : { expose: [80] }),
    ready: readyWhenRunning,
    startDeadline: deadlines.smallPartStart,
  });
  return {
    plans: [
      ...services.map((service) =>
        planOf(
          `labels-${service.key.replaceAll("/", "-")}`,
          networksFor(context, service),
          labelsOfRun(context, service),
        ),
      ),
      ...(needsRouter
        ? [planOf("suite-router", networksFor(context, deployment.traefik), suiteRouterLabels(context.mark))]
        : []),
    ],
    changes: services.map(({ key, location }) => ({
      where: `${basename(location.file)}:${key}`,
      what: "an idle container carries its labels",
      why: "the rig does not run the service, but other routers may use what its labels define",
    })),
  };
}

/** Whether Traefik reads labels of its own container. */
export function hasOwnLabels({ traefikModel, traefik }: DeploymentWithTraefik): boolean {
  return traefikModel.containers.some(({ service }) => service.key === traefik.key);
}

/** The service's networks that the rig has; Traefik's first one where it has none. */
function networksFor({ networks, deployment }: EdgeContext, service: ComposeService): PartPlan["networks"] {
  const made = (of: ComposeService): PartPlan["networks"] =>
    [...networksOf(of).keys()].flatMap((key) => {
      const network = networks.get(key);
      return network === undefined ? [] : [{ network, aliases: [] }];
    });
  const own = made(service);
  return own.length > 0 ? own : made(deployment.traefik).slice(0, 1);
}
