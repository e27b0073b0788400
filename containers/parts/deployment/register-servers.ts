import { request } from "undici";
import { deadlines } from "../../../helpers/core/deadlines.ts";
import { EnvironmentError } from "../../../helpers/core/errors.ts";
import { liteLLMPortOf } from "../../../helpers/deployment/services/litellm-port.ts";
import { runUpstreams } from "../../../helpers/deployment/services/run-upstreams.ts";
import type { Deployment } from "../../../helpers/deployment/types.ts";
import type { RenderedChange } from "../../../helpers/run/run-record.ts";
import type { PartHandle } from "../part.ts";

/** Where LiteLLM keeps its servers. */
const serversPath = "/v1/mcp/server";

/** A server as LiteLLM's API takes it. */
interface Registration {
  server_name: string;
  transport: "http" | "sse";
  url: string;
}

/**
 * Registers the upstreams that the policy has LiteLLM keep in its database, by LiteLLM's own API, as the operator did. One
 * of the same name that is there already stays as it is.
 *
 * @throws {EnvironmentError} when LiteLLM refuses one
 */
export async function registerServers(deployment: Deployment, litellm: PartHandle): Promise<RenderedChange[]> {
  const wanted = registrations(deployment);
  if (wanted.length === 0) return [];
  const api = apiOf(deployment, litellm);
  const known = new Set((await api.list()).map(({ server_name }) => server_name));
  for (const server of wanted) if (!known.has(server.server_name)) await api.add(server);
  return wanted.map(({ server_name: name, url }) => ({
    where: `policy.yaml:upstreams.${name}`,
    what: `registered ${url} with POST ${serversPath}`,
    why: "the operator's database is not part of the run, so that it has none of its servers",
  }));
}

function registrations(deployment: Deployment): Registration[] {
  const inDatabase = new Set(
    deployment.policy.upstreams.filter((upstream) => upstream.in === "database").map(({ name }) => name),
  );
  return runUpstreams(deployment).flatMap((upstream) => {
    if (upstream.transport === "stdio" || !inDatabase.has(upstream.name)) return [];
    return [{ server_name: upstream.name, transport: upstream.transport, url: upstream.url }];
  });
}

function apiOf(
  { litellm: service, litellmConfig }: Deployment,
  litellm: PartHandle,
): { list(): Promise<readonly { server_name?: string }[]>; add(server: Registration): Promise<void> } {
  const key = litellmConfig.masterKey ?? service.environment.get("LITELLM_MASTER_KEY")?.value ?? "";
  const ask = async (method: "GET" | "POST", body?: Registration): Promise<string> => {
    const response = await request(`http://${litellm.host}:${litellm.ports[liteLLMPortOf(service)]}${serversPath}`, {
      method,
      headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
      headersTimeout: deadlines.request,
      bodyTimeout: deadlines.request,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.body.text();
    if (response.statusCode < 300) return text;
    const what =
      body === undefined ? "its servers can't be listed" : `the server ${body.server_name} can't be registered`;
    throw new EnvironmentError(
      `${what}: LiteLLM answers ${method} ${serversPath} with ${response.statusCode}: ${text}`,
      {
        part: litellm.name,
      },
    );
  };
  return {
    list: async () => JSON.parse(await ask("GET")) as { server_name?: string }[],
    add: async (server) => void (await ask("POST", server)),
  };
}
