import { portOfHost } from "../../../../helpers/deployment/services/origins.ts";
import type { Deployment, Policy } from "../../../../helpers/deployment/types.ts";
import type { ClientEndpoint, ClientFault } from "./client-endpoint.ts";
import type { ClientSettings } from "./client-settings.ts";

/** Faults of a config's addresses, and of the sources of their keys. */
export function endpointFaults({ client, endpoints }: ClientSettings, deployment: Deployment): ClientFault[] {
  const faults = endpoints.flatMap((endpoint) => [
    ...addressFaults(endpoint, deployment),
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
  const host = policy.hosts.find(({ name }) => name === hostname);
  if (host === undefined) return [{ what: `${url}: ${hostname} is not one of the policy's hosts`, location }];
  const faults: ClientFault[] = [];
  if (protocol !== `${host.scheme}:`)
    faults.push({
      what: `${url}: ${hostname} is served over ${host.scheme}, not over ${protocol.slice(0, -1)}`,
      location,
    });
  const called = port === "" ? (protocol === "https:" ? 443 : 80) : Number(port);
  const served = portOfHost(deployment, host);
  if (protocol === `${host.scheme}:` && called !== served)
    faults.push({ what: `${url}: ${hostname} is served on port ${served}, not on port ${called}`, location });
  const { endpoint } = policy.mcp;
  if (purpose === "mcp" && pathname !== endpoint) {
    const slash =
      `${pathname}/` === endpoint ? ": without the slash LiteLLM redirects, and not every client follows" : "";
    faults.push({ what: `${url}: MCP is at ${endpoint}${slash}`, location });
  }
  if (purpose === "model" && !/^\/v1\/?$/.test(pathname))
    faults.push({ what: `${url}: the model's API is at /v1`, location });
  return faults;
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
