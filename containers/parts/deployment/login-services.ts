import { deadlines } from "../../../helpers/core/deadlines.ts";
import { servicePlace } from "../../../helpers/deployment/compose/file-names.ts";
import type { ComposeService, Deployment, PolicyAuthorization } from "../../../helpers/deployment/types.ts";
import type { RenderedChange } from "../../../helpers/run/run-record.ts";
import type { PartPlan } from "../part.ts";
import type { PartResources } from "../part-resources.ts";
import { answersHttp } from "../readiness.ts";
import { type RenderContext, renderService } from "./render-service.ts";
import { serviceAttachments } from "./service-networks.ts";
import { partOfService } from "./upstream-services.ts";

/** Port of Keycloak's HTTP listener, unless its environment says otherwise. */
const keycloakPort = 8080;
/** Port of oauth2-proxy, unless its environment says otherwise. */
const proxyPort = 4180;

/** A service of the login, ready to start. */
export interface LoginService {
  service: ComposeService;
  plan: PartPlan;
  changes: readonly RenderedChange[];
}

/** The compose services of the login; undefined where the policy has none. */
export function loginServices(
  deployment: Deployment,
): { authorization: PolicyAuthorization; provider: ComposeService; proxy: ComposeService } | undefined {
  const { authorization } = deployment.policy;
  if (authorization === undefined) return undefined;
  const provider = deployment.compose.services.get(authorization.provider);
  const proxy = deployment.compose.services.get(authorization.proxy);
  return provider === undefined || proxy === undefined ? undefined : { authorization, provider, proxy };
}

/** The port on which Keycloak listens for HTTP. */
export function providerPort({ environment }: ComposeService): number {
  return Number(environment.get("KC_HTTP_PORT")?.value ?? keycloakPort);
}

/**
 * The deployment's Keycloak with its own realm. It counts as ready when the realm's metadata can be read: it listens long before
 * its database and the import of the realm are ready.
 *
 * @throws {EnvironmentError} when its image can't be had
 */
export async function keycloakPlan(
  { images }: PartResources,
  context: RenderContext,
  service: ComposeService,
  { issuer }: PolicyAuthorization,
): Promise<LoginService> {
  const [image, rendered] = await Promise.all([
    images.get("keycloak", service.version),
    renderService(context, service),
  ]);
  const port = providerPort(service);
  // The suite's own image is optimized for the database in a file.
  const [first, ...rest] = rendered.command ?? ["start"];
  const isOptimized = image.origin === "built" && first === "start" && !rest.includes("--optimized");
  return {
    service,
    plan: {
      name: partOfService(service.key),
      image: { ...image, part: service.name },
      networks: serviceAttachments(context.deployment.compose, service, context.networks),
      ...(service.entrypoint === undefined ? {} : { entrypoint: service.entrypoint }),
      command: isOptimized ? ["start", "--optimized", ...rest] : [first ?? "start", ...rest],
      environment: rendered.environment,
      labels: rendered.labels,
      files: rendered.files,
      directories: rendered.directories,
      settings: rendered.settings,
      publish: [port],
      ready: answersHttp(port, `${new URL(issuer).pathname}/.well-known/openid-configuration`),
      startDeadline: deadlines.gatewayStart,
    },
    changes: [
      ...rendered.changes,
      ...(isOptimized
        ? [
            {
              where: servicePlace(service, "command"),
              what: "--optimized added",
              why: "the suite's image of Keycloak is built for a database in a file, with its tables",
            },
          ]
        : []),
    ],
  };
}

/**
 * The deployment's oauth2-proxy.
 *
 * @throws {EnvironmentError} when its image can't be had
 */
export async function oauth2ProxyPlan(
  { images }: PartResources,
  context: RenderContext,
  service: ComposeService,
): Promise<LoginService> {
  const [image, rendered] = await Promise.all([
    images.get("oauth2-proxy", service.version),
    renderService(context, service),
  ]);
  const written = [
    service.environment.get("OAUTH2_PROXY_HTTP_ADDRESS")?.value ?? "",
    ...(service.command ?? []).filter((word) => word.startsWith("--http-address=")),
  ].join(" ");
  const port = Number(/:(\d+)/.exec(written)?.[1] ?? proxyPort);
  const asksProvider = needsDiscovery(service);
  return {
    service,
    plan: {
      name: partOfService(service.key),
      image: { ...image, part: service.name },
      networks: serviceAttachments(context.deployment.compose, service, context.networks),
      ...(service.entrypoint === undefined ? {} : { entrypoint: service.entrypoint }),
      ...(rendered.command === undefined ? {} : { command: rendered.command }),
      environment: {
        ...rendered.environment,
        ...(asksProvider ? { OAUTH2_PROXY_SSL_INSECURE_SKIP_VERIFY: "true" } : {}),
      },
      labels: rendered.labels,
      files: rendered.files,
      directories: rendered.directories,
      settings: rendered.settings,
      publish: [port],
      ready: answersHttp(port, "/ping"),
      startDeadline: deadlines.smallPartStart,
    },
    changes: [
      ...rendered.changes,
      ...(asksProvider
        ? [
            {
              where: servicePlace(service, "environment"),
              what: "set OAUTH2_PROXY_SSL_INSECURE_SKIP_VERIFY=true",
              why: "the throwaway network has no certificate for the provider's name that anyone trusts",
            },
          ]
        : []),
    ],
  };
}

/** Whether oauth2-proxy reads the provider's metadata as it starts, and does not start without. */
export function needsDiscovery({ environment, command = [] }: ComposeService): boolean {
  const skips =
    environment.get("OAUTH2_PROXY_SKIP_OIDC_DISCOVERY")?.value ??
    command.find((word) => word.startsWith("--skip-oidc-discovery"))?.replace(/^[^=]*=?/, "");
  return skips === undefined || /^(?:false|0)$/.test(skips);
}
