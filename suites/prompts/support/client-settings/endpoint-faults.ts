import { serversInPath } from "../../../../helpers/deployment/policy/mcp-paths.ts";
import { portOfHost } from "../../../../helpers/deployment/services/origins.ts";
import type { Deployment, Policy } from "../../../../helpers/deployment/types.ts";
import type { ClientEndpoint, ClientFault } from "./client-endpoint.ts";
import type { ClientSettings } from "./client-settings.ts";

/**
 * Faults of a config's addresses, and of the sources of their keys.
 *
 * @param redirectsWithoutSlash whether LiteLLM redirects from MCP's endpoint without its slash, as 1.77.1 does
 */
export function endpointFaults(
  { client, endpoints }: ClientSettings,
  deployment: Deployment,
  { redirectsWithoutSlash }: { redirectsWithoutSlash: boolean },
): ClientFault[] {
  const faults = endpoints.flatMap((endpoint) => [
    ...addressFaults(endpoint, deployment),
    ...(endpoint.for === "mcp" ? pathFaults(endpoint, deployment, redirectsWithoutSlash) : []),
    ...keyFaults(endpoint, deployment.policy),
  ]);
  if (endpoints.length === 0)
    faults.push({ what: "the config names no address of the gateway", location: { file: client.config, line: 1 } });
  return faults;
}

function addressFaults({ for: purpose, url, location }: ClientEndpoint, deployment: Deployment): ClientFault[] {
  const { policy } = deployment;
  if (!URL.canParse(url)) return [{ what: `'${url}' is not a URL`, location }];
  const { protocol, hostname, pathname, port } = new URL(url);
  const hosts = policy.hosts.filter(({ name }) => name === hostname);
  if (hosts.length === 0) return [{ what: `${url}: ${hostname} is not one of the policy's hosts`, location }];
  const faults: ClientFault[] = [];
  const scheme = protocol.slice(0, -1);
  const called = port === "" ? (scheme === "https" ? 443 : 80) : Number(port);
  // A name may be served by several entry points.
  const ports = hosts.filter((host) => host.scheme === scheme).map((host) => portOfHost(deployment, host));
  if (ports.length === 0)
    faults.push({ what: `${url}: ${hostname} is served over ${hosts[0]?.scheme}, not over ${scheme}`, location });
  else if (!ports.includes(called))
    faults.push({
      what: `${url}: ${hostname} is served on port ${ports.join(" and ")}, not on port ${called}`,
      location,
    });
  if (purpose === "model" && !/^\/v1\/?$/.test(pathname))
    faults.push({ what: `${url}: the model's API is at /v1`, location });
  return faults;
}

/** A client may be meant to have some of the servers only: their paths are right, too. */
function pathFaults(
  { url, location }: ClientEndpoint,
  { policy, litellmConfig }: Deployment,
  redirectsWithoutSlash: boolean,
): ClientFault[] {
  if (!URL.canParse(url)) return [];
  const { endpoint } = policy.mcp;
  const { pathname } = new URL(url);
  if (`${pathname}/` === endpoint)
    return redirectsWithoutSlash
      ? [
          {
            what: `${url}: MCP is at ${endpoint}: without the slash LiteLLM redirects, and not every client follows`,
            location,
          },
        ]
      : [];
  const servers = serversInPath(policy, pathname);
  if (servers === undefined) return [{ what: `${url}: MCP is at ${endpoint}`, location }];
  const known = new Set([
    ...policy.upstreams.map(({ name }) => name),
    ...litellmConfig.upstreams.flatMap(({ name, prefix, accessGroups }) => [name, prefix.value, ...accessGroups]),
    ...policy.identities.flatMap(({ accessGroups }) => accessGroups),
  ]);
  const unknown = servers.filter((name) => !known.has(name));
  if (unknown.length === 0) return [];
  return [
    { what: `${url}: MCP is at ${endpoint}, and no server or access group is named ${unknown.join(", ")}`, location },
  ];
}

function keyFaults({ url, keyVariable, keyText, location }: ClientEndpoint, policy: Policy): ClientFault[] {
  if (keyText === undefined || keyText === "") return [{ what: `${url}: no key is sent`, location }];
  if (keyVariable === undefined)
    return [{ what: `${url}: the key itself is in the config; take it from an environment variable`, location }];
  const secret = policy.secrets.find(({ name }) => name === keyVariable);
  if (secret === undefined)
    return [{ what: `${url}: the key's variable ${keyVariable} is not one of the policy's secrets`, location }];
  if (secret.mayBeIn.includes("client.environment")) return [];
  const what = `${url}: the policy does not let a client have ${keyVariable} (its may_be_in lacks client.environment)`;
  return [{ what, location }];
}
