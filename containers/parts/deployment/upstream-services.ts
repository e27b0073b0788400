import { posix } from "node:path";
import { deadlines } from "../../../helpers/core/deadlines.ts";
import { servicePlace } from "../../../helpers/deployment/compose/file-names.ts";
import type { ComposeService } from "../../../helpers/deployment/compose/types.ts";
import { addressIn, serviceAt } from "../../../helpers/deployment/services/hosts.ts";
import { withoutInitProgram } from "../../../helpers/deployment/services/init-program.ts";
import { runUpstreams } from "../../../helpers/deployment/services/run-upstreams.ts";
import {
  type PlannedService,
  planServices,
  type ServiceSource,
} from "../../../helpers/deployment/services/service-plan.ts";
import { slug } from "../../../helpers/deployment/services/slug.ts";
import type { Deployment } from "../../../helpers/deployment/types.ts";
import type { RenderedChange } from "../../../helpers/run/run-record.ts";
import type { ServiceImage } from "../../images/images.ts";
import type { PartFile, PartPlan, RunNetwork, UpstreamAddress } from "../part.ts";
import type { PartResources } from "../part-resources.ts";
import { answersAnything, readyWhenRunning } from "../readiness.ts";
import { type RenderContext, renderService } from "./render-service.ts";
import { serviceAttachments } from "./service-networks.ts";

/** A compose service that a rig runs next to LiteLLM and Traefik. */
export interface ServicePart {
  /** Its key in the compose files. */
  service: string;
  plan: PartPlan;
  /** Where the upstreams that it serves listen, by name. */
  upstreams: Readonly<Record<string, UpstreamAddress>>;
  changes: readonly RenderedChange[];
}

/** The name of the part that runs a compose service, distinct from the names of the suite's own parts. */
export function partOfService(key: string): string {
  return `service-${slug(key)}`;
}

/**
 * The plans of the compose services that are upstreams of the gateway, or whose package the policy names.
 *
 * @param direct a network on which this machine reaches them, also where their own networks are internal
 * @throws {EnvironmentError} when the image of one can't be had
 */
export async function servicePlans(
  resources: PartResources,
  context: RenderContext,
  direct: RunNetwork,
): Promise<ServicePart[]> {
  const planned = [...planServices(resources.deployment).values()].filter(
    ({ role, run }) => run.as === "part" && (role === "upstream" || role === undefined),
  );
  return await Promise.all(planned.map((one) => servicePlan(resources, context, one, direct)));
}

async function servicePlan(
  { images, deployment, canaries }: PartResources,
  context: RenderContext,
  { service, run }: PlannedService,
  direct: RunNetwork,
): Promise<ServicePart> {
  const { sources, launched } = run.as === "part" ? run : { sources: [], launched: [] };
  const [provided, rendered] = await Promise.all([
    images.service(service.key, sources, launched),
    renderService(context, service),
  ]);
  const served = upstreamsOf(deployment, service.key);
  const ports = [...new Set(served.map(({ port }) => port))];
  const [first] = served;
  const files: PartFile[] = served.flatMap(({ directory }) =>
    directory === undefined
      ? []
      : [{ target: posix.join(directory, canaries.file.name), content: canaries.file.content }],
  );
  const plan: PartPlan = {
    name: partOfService(service.key),
    image: { ...provided.image, part: service.name },
    networks: [...serviceAttachments(deployment.compose, service, context.networks), { network: direct, aliases: [] }],
    ...startOf(deployment, service.key, provided.source, rendered.command),
    ...(service.user === undefined ? {} : { user: service.user }),
    ...(service.workingDir === undefined ? {} : { workingDir: service.workingDir }),
    environment: rendered.environment,
    labels: rendered.labels,
    files: [...rendered.files, ...files],
    directories: rendered.directories,
    settings: rendered.settings,
    publish: ports,
    ready: first === undefined ? readyWhenRunning : answersAnything(first.port, first.path),
    startDeadline: deadlines.serviceStart,
  };
  const upstreams = Object.fromEntries(
    served.map(({ upstream, port, path }) => [upstream, { part: plan.name, port, path }]),
  );
  return {
    service: service.key,
    plan,
    upstreams,
    changes: [...rendered.changes, ...imageChange(service, provided)],
  };
}

/** The command line: that of the policy, else what compose says. */
function startOf(
  { policy, compose }: Deployment,
  key: string,
  source: ServiceSource,
  command: readonly string[] | undefined,
): Pick<PartPlan, "entrypoint" | "command"> {
  const service = compose.services.get(key);
  const given = (policy.parts.get(key) ?? policy.parts.get(service?.name ?? key))?.command;
  if (given !== undefined && source.from === "packages") {
    const [program = "", ...rest] = given;
    return { entrypoint: [program], command: rest };
  }
  const own = service?.entrypoint;
  const entrypoint = own !== undefined && source.from === "packages" ? withoutInitProgram(own) : own;
  return {
    ...(entrypoint === undefined ? {} : { entrypoint }),
    ...(command === undefined ? {} : { command }),
  };
}

interface ServedUpstream {
  /** Its name. */
  upstream: string;
  port: number;
  path: string;
  /** Where a run puts its canary file. */
  directory: string | undefined;
}

/** The upstreams that a service serves, by their addresses. */
function upstreamsOf(deployment: Deployment, key: string): ServedUpstream[] {
  return runUpstreams(deployment).flatMap((upstream) => {
    if (upstream.transport === "stdio") return [];
    const { host = "", port = 80 } = addressIn(upstream.url) ?? {};
    if (serviceAt(deployment.compose, host, deployment.litellm)?.key !== key) return [];
    const directory = deployment.policy.upstreams.find(({ name }) => name === upstream.name)?.directory;
    return [{ upstream: upstream.name, port, path: new URL(upstream.url).pathname, directory }];
  });
}

/** What runs in place of the operator's own image or build. */
export function imageChange(service: ComposeService, { image, passedOver }: ServiceImage): RenderedChange[] {
  if (passedOver.length === 0) return [];
  return [
    {
      where: servicePlace(service, "image"),
      what: `run from ${image.source}`,
      why: `the operator's own image can't be had here: ${passedOver.join("; ")}`,
    },
  ];
}
