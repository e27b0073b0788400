import { deadlines } from "../../../helpers/core/deadlines.ts";
import { addressIn, linkedNamesOf, ownNamesOf } from "../../../helpers/deployment/services/hosts.ts";
import type {
  AccessRule,
  ComposeService,
  Deployment,
  DeploymentWithTraefik,
} from "../../../helpers/deployment/types.ts";
import type { RenderedChange } from "../../../helpers/run/run-record.ts";
import type { ForwardAuthConfig } from "../../images/contexts/forward-auth/judge.ts";
import type { PartPlan } from "../part.ts";
import type { PartResources } from "../part-resources.ts";
import { answersHttp } from "../readiness.ts";
import type { EdgeContext } from "./render-context.ts";
import { networksOf } from "./render-context.ts";
import { renderService } from "./render-service.ts";
import { serviceAttachments } from "./service-networks.ts";
import { attachments } from "./traefik.ts";

/** The cookie by which the forward-auth stand-in knows a session. */
export const sessionCookie = "gateway_conformance_session";

/** Name of the part that stands in for a forward-auth service. */
export function forwardAuthPart(service: string): string {
  return `forward-auth-${service.replaceAll("/", "-")}`;
}

/** A forward-auth service that the stand-in replaces. */
interface ReplacedService {
  /** As in the policy: a compose service, or the name by which a middleware calls one that runs elsewhere. */
  name: string;
  /** Undefined for one that is in none of the compose files. */
  service: ComposeService | undefined;
  /** The login rule that names it. */
  rule: AccessRule;
}

/**
 * The services that the forward-auth stand-in replaces: those of which the policy says so, and the one that only the login rig
 * runs itself.
 */
export function forwardAuthServices(deployment: Deployment): ReplacedService[] {
  const { policy, compose } = deployment;
  const rules = policy.hosts.flatMap(({ access = [] }) => access.filter(({ who }) => who === "login"));
  const replaced = [...policy.parts].flatMap(([name, { standIn }]) => (standIn === "forward-auth" ? [name] : []));
  const names = new Set([...replaced, ...(policy.authorization === undefined ? [] : [policy.authorization.proxy])]);
  return [...names].flatMap((name) => {
    const rule = rules.find((one) => one.service === name);
    return rule === undefined ? [] : [{ name, service: compose.services.get(name), rule }];
  });
}

/**
 * The stand-ins for forward-auth services: each listens where the deployment's middlewares ask, with the service's own labels
 * and networks, approves the run's canary session with the headers that the policy names, and refuses every other request as
 * the policy says.
 */
export async function forwardAuthPlans(
  { images, canaries }: PartResources,
  context: EdgeContext,
): Promise<{ plans: PartPlan[]; changes: RenderedChange[] }> {
  const { deployment } = context;
  const services = forwardAuthServices(deployment)
    .map((one) => ({ ...one, endpoints: standInEndpoints(deployment, one) }))
    // A name that is neither a service nor what a middleware calls: nothing would ask the stand-in.
    .filter(({ endpoints }) => endpoints.length > 0);
  if (services.length === 0) return { plans: [], changes: [] };
  const image = await images.get("forward-auth");
  const plans = await Promise.all(
    services.map(async ({ name, service, rule, endpoints }): Promise<PartPlan> => {
      const [status = 401] = rule.statuses ?? [];
      const config: ForwardAuthConfig = {
        endpoints,
        session: { cookie: sessionCookie, value: canaries.session },
        identity: Object.fromEntries(rule.headers.map((name) => [name, identityOf(name)])),
        refusal: { status, ...(status < 400 ? { location: "https://login.example/" } : {}) },
      };
      const ports = [...new Set(endpoints.map(({ port }) => port))];
      const own =
        service === undefined
          ? { networks: attachments(networksOf(deployment.traefik), context.networks, name) }
          : {
              networks: serviceAttachments(deployment.compose, service, context.networks),
              labels: (await renderService(context, service)).labels,
            };
      return {
        name: forwardAuthPart(service?.name ?? name),
        image,
        ...own,
        environment: { FORWARD_AUTH: JSON.stringify(config) },
        publish: ports,
        ready: answersHttp(ports[0] ?? 80, "/_health"),
        startDeadline: deadlines.smallPartStart,
      };
    }),
  );
  const changes = services.map(({ name, service }) => ({
    where: `parts.${service?.name ?? name}`,
    what: "the suite's forward-auth stand-in runs in its place",
    why:
      service !== undefined && service.name === deployment.policy.authorization?.proxy
        ? "the login rig alone runs it, and proves its login and sessions"
        : "the policy says so: its own login, rules and sessions are not proved",
  }));
  return { plans, changes };
}

/** The value by which the stand-in names the caller in a header. */
export function identityOf(headerName: string): string {
  return `canary-${headerName.toLowerCase()}`;
}

/**
 * Where the stand-in of a service listens: where the deployment's middlewares ask it. Where none does, a compose service still
 * has its stand-in, which then reports that nobody asks it: at the ports by which Traefik forwards to the service.
 */
export function standInEndpoints(
  deployment: DeploymentWithTraefik,
  { name, service }: Pick<ReplacedService, "name" | "service">,
): { port: number; path: string }[] {
  if (service === undefined) return forwardAuthEndpoints(deployment, [name]);
  const names = namesOf(deployment, service);
  const asked = forwardAuthEndpoints(deployment, names);
  if (asked.length > 0) return asked;
  const ports = forwardedPorts(deployment, service, names);
  return (ports.length === 0 ? [80] : ports).map((port) => ({ port, path: "/nobody-asks" }));
}

/** The ports by which Traefik forwards requests to a service, by its labels and the file provider's URLs. */
function forwardedPorts(
  { traefikModel }: DeploymentWithTraefik,
  own: ComposeService,
  names: readonly string[],
): number[] {
  const labelled = traefikModel.containers.flatMap(({ service, configuration }) =>
    service.key === own.key ? configuration.services.flatMap(({ port }) => port ?? []) : [],
  );
  const urls = (traefikModel.files?.configuration.services ?? []).flatMap((service) => service.urls);
  const written = urls.flatMap((url) => {
    const target = addressIn(url);
    return target?.port !== undefined && names.includes(target.host) ? [target.port] : [];
  });
  return [...new Set([...labelled, ...written])];
}

/**
 * Where the deployment's middlewares ask a service.
 *
 * @param names by which it is called
 */
function forwardAuthEndpoints(
  { traefikModel }: DeploymentWithTraefik,
  names: readonly string[],
): { port: number; path: string }[] {
  return traefikModel.middlewares
    .filter(({ kind }) => kind === "forwardauth")
    .flatMap(({ options }) => {
      const address = options.get("forwardauth.address")?.value ?? "";
      if (!URL.canParse(address)) return [];
      const { hostname, port, protocol, pathname } = new URL(address);
      if (!names.includes(hostname)) return [];
      return [{ port: Number(port) || (protocol === "https:" ? 443 : 80), path: pathname }];
    });
}

function namesOf({ compose }: Deployment, service: ComposeService): string[] {
  return [...ownNamesOf(service), ...linkedNamesOf(compose, service), ...[...service.networks.values()].flat()];
}
