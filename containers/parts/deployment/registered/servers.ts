import { runUpstreams } from "../../../../helpers/deployment/services/run-upstreams.ts";
import type { Deployment } from "../../../../helpers/deployment/types.ts";
import type { RenderedChange } from "../../../../helpers/run/run-record.ts";
import type { PartHandle } from "../../part.ts";
import { LiteLLMApi, serversPath } from "./litellm-api.ts";

/** A server as LiteLLM's API takes it. */
interface Registration {
  server_name: string;
  transport: "http" | "sse";
  url: string;
  mcp_access_groups?: readonly string[];
  allow_all_keys?: true;
}

/**
 * Registers the upstreams that the policy has LiteLLM keep in its database, by LiteLLM's own API, as the operator did. Of one
 * that is there already, only who may use it is changed.
 *
 * @throws {EnvironmentError} when LiteLLM refuses one
 */
export async function registerServers(deployment: Deployment, litellm: PartHandle): Promise<RenderedChange[]> {
  const wanted = registrations(deployment);
  if (wanted.length === 0) return [];
  const api = new LiteLLMApi(deployment, litellm);
  const known = new Map((await api.servers()).map((server) => [server.server_name, server]));
  for (const server of wanted) {
    const { server_name, mcp_access_groups = [], allow_all_keys = false } = server;
    const before = known.get(server_name);
    if (before === undefined) await api.create(`the server ${server_name}`, serversPath, server);
    else if (
      (before.allow_all_keys ?? false) !== allow_all_keys ||
      String(before.mcp_access_groups ?? []) !== String(mcp_access_groups)
    )
      await api.changeServer({ server_id: before.server_id, server_name, mcp_access_groups, allow_all_keys });
  }
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
    const { name, transport, url, accessGroups, allowAllKeys } = upstream;
    return [
      {
        ...{ server_name: name, transport, url },
        ...(accessGroups.length === 0 ? {} : { mcp_access_groups: accessGroups }),
        ...(allowAllKeys ? ({ allow_all_keys: true } as const) : {}),
      },
    ];
  });
}
