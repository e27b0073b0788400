import type { EntryPoint } from "../../../../helpers/deployment/traefik/static/static.ts";
import { rigLabel } from "../../part.ts";
import { type EdgeContext, networkOfRun } from "../render-context.ts";
import { accessLogChanges } from "./access-log-changes.ts";
import type { StaticChange } from "./static-change.ts";
import { suiteName, suiteRouterConstraint, traefikApiPort } from "./suite-api.ts";

/** Sections that do nothing on a throwaway network, with the reason. */
const dropped: readonly (readonly [string, string])[] = [
  [
    "certificatesResolvers",
    "a throwaway network reaches no certificate authority; Traefik has a certificate of the run",
  ],
  ["experimental.plugins", "a throwaway network can't fetch plugins; their middlewares let every request pass"],
  ["experimental.abortOnPluginFailure", "a throwaway network can't fetch plugins"],
  ["tracing", "there is no collector on the throwaway network"],
  ["metrics.otlp", "there is no collector on the throwaway network"],
  ["metrics.datadog", "there is no collector on the throwaway network"],
  ["metrics.statsD", "there is no collector on the throwaway network"],
  ["metrics.influxDB2", "there is no collector on the throwaway network"],
  ["log.otlp", "there is no collector on the throwaway network"],
  ["hub", "a throwaway network reaches no Traefik Hub"],
  ["spiffe", "a throwaway network has no SPIFFE agent"],
  ...["consul", "consulCatalog", "ecs", "etcd", "http", "kubernetesCRD", "kubernetesGateway", "kubernetesIngress"].map(
    (name) => [`providers.${name}`, "the service that it asks is not part of the run"] as const,
  ),
  ...["kubernetesIngressNGINX", "knative", "nomad", "redis", "zooKeeper", "plugin"].map(
    (name) => [`providers.${name}`, "the service that it asks is not part of the run"] as const,
  ),
];

/** What the run changes of Traefik's static configuration: what a throwaway network needs, and nothing else. */
export function staticChanges(context: EdgeContext): StaticChange[] {
  const { static: configuration } = context.deployment.traefikModel;
  return [
    ...dropped.flatMap(([option, why]) => (configuration.has(option) ? [{ option, value: undefined, why }] : [])),
    ...providerChanges(context),
    ...entryPointChanges(context),
    ...accessLogChanges(configuration),
    ...(configuration.has("api")
      ? []
      : [{ option: "api.dashboard", value: "true", why: "the suite reads the live routers from Traefik's API" }]),
    {
      option: "providers.providersThrottleDuration",
      value: "50ms",
      why: "the configuration takes effect immediately instead of after 2 s",
    },
    { option: "global.checkNewVersion", value: "false", why: "no calls home from the throwaway network" },
    { option: "global.sendAnonymousUsage", value: "false", why: "no calls home from the throwaway network" },
  ];
}

/** The docker provider: on the engine of the run, for this rig's containers only, and in place of Swarm's. */
function providerChanges(context: EdgeContext): StaticChange[] {
  const { static: configuration } = context.deployment.traefikModel;
  const { mark } = context;
  const [provider] = configuration.labelProviders;
  const get = (option: string): string | undefined =>
    provider && configuration.get(`providers.${provider.name}.${option}`)?.value;
  const rig = `Label(\`${rigLabel}\`,\`${mark}\`)`;
  const own = get("constraints");
  const constrained = own === undefined || own === "" ? rig : `((${own}) && ${rig})`;
  const network = get("network");
  const changes: StaticChange[] = [
    {
      option: "providers.docker.constraints",
      value: provider === undefined ? suiteRouterConstraint(mark) : `${constrained} || ${suiteRouterConstraint(mark)}`,
      why: "Traefik's docker provider sees every container of the engine, and must use this rig's only",
    },
  ];
  for (const option of ["endpoint", "username", "password", "tls"]) {
    if (configuration.has(`providers.docker.${option}`))
      changes.push({
        option: `providers.docker.${option}`,
        value: undefined,
        why: "the engine's socket is mounted instead",
      });
  }
  if (network !== undefined) {
    changes.push({
      option: "providers.docker.network",
      value: networkOfRun(context, network),
      why: "the run makes its own networks",
    });
  }
  if (provider === undefined) {
    const why = "the deployment reads no labels: only the suite's own router comes from one";
    changes.push({ option: "providers.docker.exposedByDefault", value: "false", why });
  }
  if (configuration.has("providers.swarm")) changes.push(...swarmChanges(get, provider?.name === "swarm"));
  // Docker's provider of version 2 has a Swarm mode.
  for (const option of ["swarmMode", "swarmModeRefreshSeconds"].map((one) => `providers.docker.${one}`))
    if (configuration.get(option) !== undefined) changes.push({ option, value: undefined, why: swarmWhy });
  return changes;
}

const swarmWhy =
  "one engine runs no Swarm: the labels under 'deploy' are the containers', and its provider is docker's";

function swarmChanges(get: (option: string) => string | undefined, isOnly: boolean): StaticChange[] {
  const taken = isOnly ? ["exposedByDefault", "defaultRule", "allowEmptyServices"] : [];
  return [
    { option: "providers.swarm", value: undefined, why: swarmWhy },
    ...taken.flatMap((option) => {
      const value = get(option);
      return value === undefined ? [] : [{ option: `providers.docker.${option}`, value, why: swarmWhy }];
    }),
  ];
}

/** The suite's own entry point, next to the operator's; routers without entry points stay on those that they have. */
function entryPointChanges({ deployment: { traefik, traefikModel, policy } }: EdgeContext): StaticChange[] {
  const { static: configuration } = traefikModel;
  // The host's loopback, at which another program of the host calls them. The run calls them in a container of their own.
  const onLoopbackOfHost =
    traefik.networkMode?.value === "host" ? policy.hosts.flatMap(({ entryPoint }) => entryPoint ?? []) : [];
  const changes: StaticChange[] = [];
  const points = [...configuration.entryPoints.values()];
  for (const { name, host, port, protocol } of points) {
    const written = configuration.get(`entryPoints.${name}.address`) !== undefined;
    // Traefik makes 'http' only where there is no other, and 'traefik' by itself.
    if (!written && name === "http")
      changes.push(setAddress({ name, port, protocol }, "Traefik makes it only where it has no other entry point"));
    else if (written && !isEverywhere(host) && (onLoopbackOfHost.includes(name) || !isLoopback(host)))
      changes.push(setAddress({ name, port, protocol }, `${host} is an address of the gateway host`));
    if (configuration.get(`entryPoints.${name}.observability.accessLogs`)?.value.toLowerCase() === "false")
      changes.push({
        option: `entryPoints.${name}.observability.accessLogs`,
        value: undefined,
        why: "the suite looks up every request in the access log",
      });
  }
  if (!points.some(({ asDefault }) => asDefault)) {
    for (const name of configuration.defaultEntryPoints) {
      const why = "routers without entry points must not get the suite's own";
      changes.push({ option: `entryPoints.${name}.asDefault`, value: "true", why });
    }
  }
  const why = "the suite reads the live routers from Traefik's API by an entry point of its own";
  return [...changes, { option: `entryPoints.${suiteName}.address`, value: `:${traefikApiPort}`, why }];
}

function setAddress(
  { name, port, protocol }: Pick<EntryPoint, "name" | "port" | "protocol">,
  why: string,
): StaticChange {
  const value = protocol === "udp" ? `:${port}/udp` : `:${port}`;
  return { option: `entryPoints.${name}.address`, value, why };
}

function isEverywhere(host: string): boolean {
  return ["", "0.0.0.0", "[::]"].includes(host);
}

function isLoopback(host: string): boolean {
  return ["127.0.0.1", "[::1]", "localhost"].includes(host);
}
