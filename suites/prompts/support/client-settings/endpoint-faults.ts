import { placeAtHost, portIn } from "../../../../helpers/deployment/clients/host-place.ts";
import { serviceOfClient, serviceReached } from "../../../../helpers/deployment/clients/service-place.ts";
import { decide } from "../../../../helpers/deployment/policy/access.ts";
import { serversInPath } from "../../../../helpers/deployment/policy/mcp-paths.ts";
import { serviceAt } from "../../../../helpers/deployment/services/hosts.ts";
import { liteLLMPortOf } from "../../../../helpers/deployment/services/litellm-port.ts";
import { hostOfUrl, portOfHost } from "../../../../helpers/deployment/services/origins.ts";
import type {
  ComposeService,
  Deployment,
  Policy,
  PolicyClient,
  SecretPlace,
} from "../../../../helpers/deployment/types.ts";
import type { ClientEndpoint, ClientFault } from "./client-endpoint.ts";
import type { ClientSettings } from "./client-settings.ts";

/**
 * Faults of a config's addresses, and of the sources of their keys.
 *
 * @param redirectsWithoutSlash whether LiteLLM redirects from MCP's endpoint without its slash, as 1.77.1 does
 */
export function endpointFaults(
  { client, location: beginning, endpoints }: ClientSettings,
  deployment: Deployment,
  { redirectsWithoutSlash }: { redirectsWithoutSlash: boolean },
): ClientFault[] {
  const faults = endpoints.flatMap((endpoint) => [
    ...addressFaults(endpoint, client, deployment),
    ...(endpoint.for === "mcp" ? pathFaults(endpoint, deployment, redirectsWithoutSlash) : []),
    ...keyFaults(endpoint, client, deployment.policy),
    ...headerFaults(endpoint, deployment),
  ]);
  if (endpoints.length === 0) faults.push({ what: "the config names no address of the gateway", location: beginning });
  return faults;
}

function addressFaults(endpoint: ClientEndpoint, client: PolicyClient, deployment: Deployment): ClientFault[] {
  const { url, location } = endpoint;
  if (!URL.canParse(url)) return [{ what: `'${url}' is not a URL`, location }];
  const from = serviceOfClient(deployment, client);
  const ofName = (): string[] =>
    from === undefined ? faultsOfHost(endpoint, deployment) : faultsFrom(from, endpoint, deployment);
  const faults = faultsAtHost(endpoint, client, deployment) ?? ofName().map((what) => ({ what }));
  return faults.map(({ what, ...rest }) => ({ what: `${url}: ${what}`, location, ...rest }));
}

/**
 * Of an address of the gateway's host; undefined for any other. What else runs on the host is in no file: a service may have an
 * address there that is right all the same.
 */
function faultsAtHost(
  endpoint: ClientEndpoint,
  client: PolicyClient,
  deployment: Deployment,
): Omit<ClientFault, "location">[] | undefined {
  const place = placeAtHost(deployment, client, endpoint.url);
  if (place === undefined) return undefined;
  if (place.leadsTo === "gateway")
    return modelPathFaults(endpoint, modelPathsOf(place.service, deployment)).map((what) => ({ what }));
  const isJudged = place.leadsTo === "elsewhere" && serviceOfClient(deployment, client) === undefined;
  return isJudged ? [{ what: place.fault, fix: place.fix }] : [];
}

/** Of an address by a host of the policy. */
function faultsOfHost(endpoint: ClientEndpoint, deployment: Deployment): string[] {
  const { hostname, protocol } = new URL(endpoint.url);
  const hosts = deployment.policy.hosts.filter(({ name }) => name === hostname);
  if (hosts.length === 0) return [`${hostname} is not one of the policy's hosts`];
  const scheme = protocol.slice(0, -1);
  const called = portIn(endpoint.url);
  // A name may be served by several entry points.
  const ports = hosts.filter((host) => host.scheme === scheme).map((host) => portOfHost(deployment, host));
  const faults: string[] = [];
  if (ports.length === 0) faults.push(`${hostname} is served over ${hosts[0]?.scheme}, not over ${scheme}`);
  else if (!ports.includes(called))
    faults.push(`${hostname} is served on port ${ports.join(" and ")}, not on port ${called}`);
  return [...faults, ...modelPathFaults(endpoint, ["/v1"])];
}

/** Of an address that a service of the deployment uses: on its networks other names lead to the gateway, and other ports. */
function faultsFrom(from: ComposeService, endpoint: ClientEndpoint, deployment: Deployment): string[] {
  const { compose, litellm, traefik, policy } = deployment;
  const { hostname } = new URL(endpoint.url);
  const reached = serviceReached(compose, from, hostname);
  if (reached?.key === litellm.key)
    return [
      ...portFaults(endpoint, reached, [liteLLMPortOf(litellm)]),
      ...modelPathFaults(endpoint, modelPathsOf(reached, deployment)),
    ];
  const isHost = policy.hosts.some(({ name }) => name === hostname);
  if (reached !== undefined && reached.key === traefik?.key && isHost)
    return [...portFaults(endpoint, reached, entryPointPorts(deployment)), ...modelPathFaults(endpoint, ["/v1"])];
  if (reached !== undefined)
    return [`${hostname} is the service ${reached.key}, and neither ${litellm.key} nor a host of the policy`];
  if (isHost) return faultsOfHost(endpoint, deployment);
  if (serviceAt(compose, hostname, from)?.key === litellm.key)
    return [`${from.key} and ${litellm.key} share no network, so that ${hostname} leads nowhere`];
  return [`${hostname} is neither a name of ${litellm.key} nor one of the policy's hosts`];
}

function portFaults({ url }: ClientEndpoint, { key }: ComposeService, ports: readonly number[]): string[] {
  const called = portIn(url);
  if (ports.includes(called)) return [];
  return [`in its container ${key} listens on port ${ports.join(" and ")}, not on port ${called}`];
}

function entryPointPorts({ traefikModel }: Deployment): number[] {
  return [...(traefikModel?.static.entryPoints.values() ?? [])].flatMap(({ protocol, port }) =>
    protocol === "tcp" ? port : [],
  );
}

/** LiteLLM itself serves the model's API without `/v1` too. */
function modelPathsOf({ key }: ComposeService, { litellm }: Deployment): readonly string[] {
  return key === litellm.key ? ["/v1", ""] : ["/v1"];
}

function modelPathFaults({ for: purpose, url }: ClientEndpoint, paths: readonly string[]): string[] {
  if (purpose !== "model" || paths.includes(new URL(url).pathname.replace(/\/$/, ""))) return [];
  return ["the model's API is at /v1"];
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

/** Of a key in a header that the edge does not look at. */
function headerFaults({ url, keyHeader, location }: ClientEndpoint, deployment: Deployment): ClientFault[] {
  const host = hostOfUrl(deployment, url);
  if (keyHeader !== "x-litellm-api-key" || host === undefined) return [];
  const { who } = decide(deployment.policy, host, { method: "POST", path: new URL(url).pathname });
  if (who !== "bearer") return [];
  return [
    {
      what: `${url}: the key is in ${keyHeader} alone, and ${host.name} lets nothing through here without \`Authorization: Bearer\``,
      location,
      fix: "send the key as `Authorization: Bearer …`",
    },
  ];
}

function keyFaults(
  { url, keyVariable, keyText, isKeyTyped, location }: ClientEndpoint,
  { service }: PolicyClient,
  policy: Policy,
): ClientFault[] {
  if (keyText === undefined || keyText === "") return [{ what: `${url}: no key is sent`, location }];
  if (isKeyTyped === true) return [];
  if (keyVariable === undefined && service !== undefined)
    return [{ what: `${url}: the key comes from no variable that the policy lists under 'secrets'`, location }];
  if (keyVariable === undefined)
    return [{ what: `${url}: the key itself is in the config; take it from an environment variable`, location }];
  const secret = policy.secrets.find(({ name }) => name === keyVariable);
  if (secret === undefined)
    return [{ what: `${url}: the key's variable ${keyVariable} is not one of the policy's secrets`, location }];
  const place: SecretPlace = service === undefined ? "client.environment" : `${service}.environment`;
  if (secret.mayBeIn.includes(place)) return [];
  const whom = service === undefined ? "a client" : `the service ${service}`;
  const what = `${url}: the policy does not let ${whom} have ${keyVariable} (its may_be_in lacks ${place})`;
  return [{ what, location }];
}
