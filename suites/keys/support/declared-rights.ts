import type { FailureDetails } from "../../../helpers/checks/check-failure.ts";
import { nearest } from "../../../helpers/core/text/nearest.ts";
import { grantOf } from "../../../helpers/deployment/policy/grants.ts";
import { runUpstreams } from "../../../helpers/deployment/services/run-upstreams.ts";
import type { Deployment } from "../../../helpers/deployment/types.ts";

/** Something that both the policy's identities and the servers name, and what is wrong with it. */
export interface DeclaredRight {
  name: string;
  /** Undefined where both agree. */
  failure: FailureDetails | undefined;
}

/** Each server of LiteLLM's config: one that it opens to every key must be granted to every identity. */
export function openServers({ policy, litellmConfig }: Pick<Deployment, "policy" | "litellmConfig">): DeclaredRight[] {
  // A key for some paths opens no MCP.
  const identities = policy.identities.filter(({ routes }) => routes.length === 0);
  const closed = litellmConfig.upstreams.map((server) => ({ ...server, allowAllKeys: false }));
  if (identities.length === 0) return [];
  return litellmConfig.upstreams.map(({ name, allowAllKeys, location, allowAllKeysAt = location }) => {
    const isMeant = policy.upstreams.some((one) => one.name === name && one.allowAllKeys);
    const others = identities.filter((identity) => !grantOf(identity, closed).has(name));
    if (!allowAllKeys || isMeant || others.length === 0) return { name, failure: undefined };
    return {
      name,
      failure: {
        summary: `every key may use ${name}, and the policy grants it to some identities only`,
        code: "open-server",
        expected: `${name} is not for ${others.map((one) => one.name).join(", ")}`,
        actual: "allow_all_keys: true",
        cause: `allow_all_keys opens ${name} to every key, whatever the key is granted`,
        location: allowAllKeysAt,
        fix: `remove allow_all_keys, or set allow_all_keys: true for ${name} under 'upstreams' in the policy`,
      },
    };
  });
}

/** Each access group that an identity is granted: a server must belong to it. */
export function grantedGroups(deployment: Deployment): DeclaredRight[] {
  const servers = runUpstreams(deployment);
  const known = [...new Set(servers.flatMap(({ accessGroups }) => accessGroups))];
  return deployment.policy.identities.flatMap((identity) =>
    [...identity.accessGroups, ...(identity.team?.accessGroups ?? [])].map((group): DeclaredRight => {
      const name = `${group} of ${identity.name}`;
      if (known.includes(group)) return { name, failure: undefined };
      const near = nearest(group, known);
      const misspelt = servers.find(({ accessGroups }) => near !== undefined && accessGroups.includes(near));
      return {
        name,
        failure: {
          summary: `${identity.name} is granted the access group ${group}, to which no server belongs`,
          code: "group-without-server",
          expected: `a server with ${group} under access_groups`,
          actual: known.length === 0 ? "no server has an access group" : `the groups are ${known.join(", ")}`,
          cause:
            misspelt === undefined
              ? "no server has access_groups with this name: the key is granted nothing"
              : `${misspelt.name} belongs to ${near} instead: the key is granted nothing`,
          location: misspelt?.accessGroupsAt ?? misspelt?.location ?? identity.location,
          fix:
            near === undefined ? `add ${group} to the access_groups of a server` : `write ${group} in place of ${near}`,
        },
      };
    }),
  );
}
