import type { GatewayTarget } from "../../../containers/targets/needs.ts";
import { CheckFailure } from "../../../helpers/checks/check-failure.ts";
import { atMost } from "../../../helpers/core/at-most.ts";
import { deadlines, until } from "../../../helpers/core/deadlines.ts";
import { grantRights, keyRights } from "../../../helpers/deployment/litellm/key-rights.ts";
import { type Grant, grantOf } from "../../../helpers/deployment/policy/grants.ts";
import { runUpstreams } from "../../../helpers/deployment/services/run-upstreams.ts";
import { unknownKey } from "../../../helpers/deployment/source/canaries.ts";
import type { PolicyIdentity, SourceLocation } from "../../../helpers/deployment/types.ts";
import type { Evidence } from "../../runner/evidence.ts";
import { type ManagementApi, managementApi } from "../../support/management-api.ts";

/** Who sends a request, and what it must be able to do. */
export interface Identity {
  name: string;
  /** Undefined for nobody. */
  key: string | undefined;
  /** `refused`: no request of it may be answered with success. */
  expected: "refused" | Grant;
  /** Where the policy says so; undefined for an identity that every gateway has. */
  location: SourceLocation | undefined;
}

/** The servers of the deployment that are part of the run. */
export function serversOf({ policy }: GatewayTarget): string[] {
  return policy.upstreams.filter(({ leftOut }) => leftOut === undefined).map(({ name }) => name);
}

/**
 * Every identity: nobody, a wrong, an expired and a revoked key, the master key, and those of the policy. An identity with a
 * secret has that key, which LiteLLM knows already; for any other a key is made, once.
 *
 * @throws {NotSupported} when this LiteLLM has no database
 * @throws {CheckFailure} when LiteLLM makes no key, or does not know one of the policy
 */
export async function identitiesOf(gateway: GatewayTarget, evidence: Evidence): Promise<readonly Identity[]> {
  const api = await managementApi(gateway, evidence);
  return await gateway.once.do("identities with virtual keys", async () => {
    const refused = { expected: "refused", location: undefined } as const;
    const everything: Grant = new Map(serversOf(gateway).map((name) => [name, "all"]));
    const declared = await atMost(2, declaredIdentities(gateway), (one) => identityOf(gateway, api, one));
    const [revoked, expired] = [await revokedKey(api), await expiredKey(gateway, api)];
    return [
      { name: "nobody", key: undefined, ...refused },
      { name: "wrong key", key: unknownKey, ...refused },
      { name: "revoked key", key: revoked, ...refused },
      { name: "expired key", key: expired, ...refused },
      { name: "master key", key: gateway.masterKey, expected: everything, location: undefined },
      ...declared,
    ];
  });
}

/** Those of the policy; without any, one for each server, which is granted that server alone, and one without a grant. */
export function declaredIdentities(gateway: GatewayTarget): readonly PolicyIdentity[] {
  const { identities, upstreams } = gateway.policy;
  if (identities.length > 0) return identities;
  const none = {
    secret: undefined,
    accessGroups: [],
    tools: new Map(),
    team: undefined,
    models: [],
    routes: [],
    role: undefined,
  } as const;
  const running = upstreams.filter(({ leftOut }) => leftOut === undefined);
  return running.map(({ name, location }) => ({ ...none, name: `${name} only`, servers: [name], location }));
}

async function identityOf(gateway: GatewayTarget, api: ManagementApi, identity: PolicyIdentity): Promise<Identity> {
  const { name, routes, location } = identity;
  // A key for some paths opens no MCP.
  const expected = routes.length > 0 ? "refused" : grantOf(identity, runUpstreams(gateway.deployment));
  return { name, key: await keyOf(gateway, api, identity), expected, location };
}

async function keyOf(gateway: GatewayTarget, api: ManagementApi, identity: PolicyIdentity): Promise<string> {
  const { name, secret, team, role, location } = identity;
  if (secret !== undefined) {
    const key = gateway.secret(secret);
    if (await api.hasKey(key)) return key;
    throw new CheckFailure({
      summary: `LiteLLM does not know the key of ${name}`,
      code: "unknown-key",
      expected: `the value of ${secret} is a virtual key`,
      actual: "no key at /key/info",
      cause: "it was never made, or was revoked or has expired",
      location,
      fix: `make it with POST /key/generate and the rights that the policy names, and set ${secret} to its value`,
    });
  }
  const ids = await api.allServerIds();
  const idOf = (server: string): string => ids.get(server) ?? server;
  const teamId = team && (await api.createTeam(`team of ${name}`, { object_permission: grantRights(team, idOf) }));
  const userId = role && (await api.createUser(role));
  const made = await api.createKey({
    ...keyRights(identity, idOf),
    ...(teamId === undefined ? {} : { team_id: teamId }),
    ...(userId === undefined ? {} : { user_id: userId }),
  });
  return made.key;
}

async function revokedKey(api: ManagementApi): Promise<string> {
  const made = await api.createKey({});
  await api.deleteKey(made);
  return made.key;
}

/** A key whose time is over. One that LiteLLM still accepts then is what the matrix is to show. */
async function expiredKey(gateway: GatewayTarget, api: ManagementApi): Promise<string> {
  const { key } = await api.createKey({ duration: "1s" });
  await until("a key has expired", deadlines.request, async () => {
    const { response } = await gateway.send({ path: "/v1/models", bearer: key });
    return (response?.status ?? 0) >= 400 ? true : undefined;
  }).catch(() => {});
  return key;
}
