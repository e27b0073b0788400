import { z } from "zod";
import { liteLLMDatabase } from "../../../../helpers/deployment/litellm/database.ts";
import { grantRights, keyRights } from "../../../../helpers/deployment/litellm/key-rights.ts";
import type { Deployment, PolicyIdentity } from "../../../../helpers/deployment/types.ts";
import type { RenderedChange } from "../../../../helpers/run/run-record.ts";
import type { PartHandle } from "../../part.ts";
import { LiteLLMApi } from "./litellm-api.ts";

/**
 * Registers the keys that the policy's identities have as secrets, each with its rights and its team, by LiteLLM's own API, as
 * the operator did. A key that is there already stays as it is.
 *
 * @param secrets name to value
 * @throws {EnvironmentError} when LiteLLM refuses one
 */
export async function registerKeys(
  deployment: Deployment,
  litellm: PartHandle,
  secrets: ReadonlyMap<string, string>,
): Promise<RenderedChange[]> {
  const wanted = deployment.policy.identities.flatMap((identity) => {
    const key = identity.secret === undefined ? undefined : secrets.get(identity.secret);
    return key === undefined ? [] : [{ identity, key }];
  });
  if (wanted.length === 0 || liteLLMDatabase(deployment.litellmConfig) === undefined) return [];
  const api = new LiteLLMApi(deployment, litellm);
  const ids = new Map(
    (await api.servers()).flatMap(({ server_id, server_name, alias }) =>
      [server_name, alias].flatMap((name) => (name ? [[name, server_id] as const] : [])),
    ),
  );
  const idOf = (server: string): string => ids.get(server) ?? server;
  for (const { identity, key } of wanted) if (!(await api.hasKey(key))) await register(api, identity, key, idOf);
  return wanted.map(({ identity: { name, secret } }) => ({
    where: `policy.yaml:identities.${name}`,
    what: `registered the key ${secret} with POST /key/generate`,
    why: "the operator's database is not part of the run, so that it has none of its keys",
  }));
}

async function register(
  api: LiteLLMApi,
  identity: PolicyIdentity,
  key: string,
  idOf: (server: string) => string,
): Promise<void> {
  const { name, team, role } = identity;
  if (role !== undefined)
    await api.create(`the user of ${name}`, "/user/new", { user_id: name, user_role: role, auto_create_key: false });
  const teamWith = async (granted: object | undefined): Promise<string> => {
    const made = await api.create(`the team of ${name}`, "/team/new", {
      team_alias: `team of ${name}`,
      object_permission: granted,
    });
    return z.object({ team_id: z.string() }).parse(made).team_id;
  };
  const rights = keyRights(identity, idOf);
  const body = {
    key,
    key_alias: name,
    ...rights,
    ...(team === undefined ? {} : { team_id: await teamWith(grantRights(team, idOf)) }),
    ...(role === undefined ? {} : { user_id: name }),
  };
  await api.createKey(`the key of ${name}`, body, () => teamWith(rights.object_permission));
}
