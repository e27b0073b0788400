import type { ComposeService } from "../compose/types.ts";
import { namedDatabase } from "../litellm/database.ts";
import type { Deployment } from "../types.ts";
import { cacheAddresses } from "./cache-addresses.ts";
import { addressIn, serviceAt } from "./hosts.ts";

/** What a run needs a compose service for. */
export type ServiceRole = "litellm" | "traefik" | "upstream" | "database" | "cache" | "login";

/** Variables in which LiteLLM looks for its database; its config may name another one. Source: LiteLLM's documentation, "All settings". */
const databaseVariables = ["DATABASE_URL", "DIRECT_URL", "DATABASE_HOST"];

/** The services that a run needs, by key, with the reason. The first role of a service counts. */
export function neededServices(deployment: Deployment): ReadonlyMap<string, ServiceRole> {
  const { compose, policy, litellm } = deployment;
  const needed = new Map<string, ServiceRole>();
  const add = (service: ComposeService | undefined, role: ServiceRole): void => {
    if (service !== undefined && !needed.has(service.key)) needed.set(service.key, role);
  };
  const addHost = (text: string, role: ServiceRole): void => {
    const host = addressIn(text)?.host ?? text;
    add(serviceAt(compose, host, litellm), role);
  };
  add(litellm, "litellm");
  add(deployment.traefik, "traefik");
  for (const url of upstreamUrls(deployment)) addHost(url, "upstream");
  for (const dsn of databaseAddresses(deployment)) addHost(dsn, "database");
  for (const address of cacheAddresses(deployment.litellmConfig)) addHost(address, "cache");
  const logins = policy.hosts.flatMap(({ access }) => (access ?? []).flatMap(({ service }) => service ?? []));
  for (const name of logins) add(compose.services.get(name) ?? serviceAt(compose, name), "login");
  return needed;
}

/** The addresses of the upstreams that are part of the run. */
function upstreamUrls({ policy, litellmConfig }: Deployment): string[] {
  const isRun = (name: string): boolean => {
    const upstream = policy.upstreams.find((one) => one.name === name);
    return upstream?.leftOut === undefined && upstream?.standIn !== true;
  };
  const configured = litellmConfig.upstreams.flatMap((one) => ("url" in one && isRun(one.name) ? one.url : []));
  const registered = policy.upstreams.flatMap(({ url, name }) => (url !== undefined && isRun(name) ? url : []));
  return [...configured, ...registered];
}

function databaseAddresses({ policy, litellmConfig, variables }: Deployment): string[] {
  const used = policy.upstreams.flatMap(({ database }) =>
    database === undefined ? [] : (variables.get(database.variable)?.value ?? []),
  );
  const named = namedDatabase(litellmConfig);
  return [
    ...(named === undefined ? [] : [named.text]),
    ...databaseVariables.flatMap((name) => litellmConfig.environment.get(name)?.value ?? []),
    ...used,
  ];
}
