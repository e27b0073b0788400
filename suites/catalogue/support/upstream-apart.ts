import { addressIn, serviceAt } from "../../../helpers/deployment/services/hosts.ts";
import type { Deployment } from "../../../helpers/deployment/types.ts";
import type { KnownCause } from "./mcp-client.ts";

/** What the function here looks at. */
export type WiredDeployment = Pick<Deployment, "compose" | "litellm" | "litellmConfig" | "policy" | "variables">;

/**
 * Why servers do not answer where LiteLLM shares no network with the service that one of them is, or that has its database: the
 * name of that service does not resolve in LiteLLM's container. Undefined where the compose files do not say it.
 */
export function whyApart(deployment: WiredDeployment, servers: readonly string[]): Required<KnownCause> | undefined {
  const { compose, litellm } = deployment;
  const hosts = JSON.stringify(litellm.settings.get("extra_hosts")?.value ?? "");
  for (const { name, host, what } of servers.flatMap((one) => addressesOf(deployment, one))) {
    const service = serviceAt(compose, host, litellm);
    if (service === undefined || service === litellm || hosts.includes(host)) continue;
    const own = [...service.networks.keys()];
    const isOnNetworks = own.length > 0 && litellm.networks.size > 0;
    if (!isOnNetworks || own.some((network) => litellm.networks.has(network))) continue;
    return {
      cause: `no tool of ${name} is listed: ${what} is the service ${service.name}, and ${litellm.name} shares no network with it`,
      location: litellm.networkLocations.values().next().value ?? litellm.location,
      fix: `put ${litellm.name} on ${own.join(" or ")}`,
    };
  }
  return undefined;
}

/** The hosts that a server's tools need: that of its URL, and that of its database. */
function addressesOf(
  { litellmConfig, policy, variables }: WiredDeployment,
  name: string,
): { name: string; host: string; what: string }[] {
  const upstream = litellmConfig.upstreams.find((one) => one.name === name);
  const stated = policy.upstreams.find((one) => one.name === name);
  const url = upstream !== undefined && "url" in upstream ? upstream.url : stated?.url;
  const variable = stated?.database?.variable;
  const texts: (readonly [string | undefined, string])[] = [
    [url, "the host of its URL"],
    [variable === undefined ? undefined : variables.get(variable)?.value, `the host of its database (${variable})`],
  ];
  return texts.flatMap(([text, what]) => {
    const host = text === undefined ? undefined : addressIn(text)?.host;
    return host === undefined ? [] : [{ name, host, what }];
  });
}
