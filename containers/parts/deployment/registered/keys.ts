import { createHash } from "node:crypto";
import { z } from "zod";
import { liteLLMDatabase } from "../../../../helpers/deployment/litellm/database.ts";
import { grantRights, keyRights } from "../../../../helpers/deployment/litellm/key-rights.ts";
import type { Deployment, PolicyIdentity } from "../../../../helpers/deployment/types.ts";
import type { RenderedChange } from "../../../../helpers/run/run-record.ts";
import { type LiteLLMAddress, LiteLLMApi } from "./litellm-api.ts";

/** The field of a key's metadata that says from which rights it was registered. */
const registeredFrom = "registered_from";

/**
 * Registers the keys that the policy's identities have as secrets, each with its rights and its team, by LiteLLM's own API, as
 * the operator did. A key that is there already with these rights stays; one with other rights is made again.
 *
 * @param secrets name to value
 * @throws {EnvironmentError} when LiteLLM refuses one
 */
export async function registerKeys(
  deployment: Deployment,
  litellm: LiteLLMAddress,
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
  const missing: typeof wanted = [];
  const outdated: string[] = [];
  for (const one of wanted) {
    const metadata = await api.keyMetadata(one.key);
    if (metadata?.[registeredFrom] === digestOf(one.identity)) continue;
    missing.push(one);
    if (metadata !== undefined) outdated.push(one.key);
  }
  // All of them before the first is made: no two keys may have the same alias.
  if (outdated.length > 0) await api.deleteKeys(outdated);
  for (const { identity, key } of missing) await register(api, identity, key, { idOf, isNew: !outdated.includes(key) });
  return wanted.map(({ identity: { name, secret } }) => ({
    where: `policy.yaml:identities.${name}`,
    what: `registered the key ${secret} with POST /key/generate`,
    why: "the operator's database is not part of the run, so that it has none of its keys",
  }));
}

/** What decides the rights of a key, as a text that is the same for the same rights. */
function digestOf({ location: _, tools, ...rights }: PolicyIdentity): string {
  const text = JSON.stringify([Object.entries(rights).sort(), [...tools]]);
  return createHash("sha256").update(text).digest("hex");
}

async function register(
  api: LiteLLMApi,
  identity: PolicyIdentity,
  key: string,
  { idOf, isNew }: { idOf: (server: string) => string; isNew: boolean },
): Promise<void> {
  const { name, team, role } = identity;
  // A key that is made again belongs to the user that is there.
  if (role !== undefined && isNew)
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
    metadata: { [registeredFrom]: digestOf(identity) },
    ...rights,
    ...(team === undefined ? {} : { team_id: await teamWith(grantRights(team, idOf)) }),
    ...(role === undefined ? {} : { user_id: name }),
  };
  await api.createKey(`the key of ${name}`, body, () => teamWith(rights.object_permission));
}
