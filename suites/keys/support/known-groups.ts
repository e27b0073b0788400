import { CheckFailure } from "../../../helpers/checks/check-failure.ts";
import { nearest } from "../../../helpers/core/text/nearest.ts";
import type { Deployment } from "../../../helpers/deployment/types.ts";

/**
 * Asserts that each access group that the policy grants is one of a server: a group of no server opens nothing, so that everything
 * else would hold of it.
 *
 * @throws {CheckFailure} `unknown-access-group`, with the line of the group that is most similar, else with the identity's
 */
export function expectKnownGroups({ policy, litellmConfig }: Pick<Deployment, "policy" | "litellmConfig">): void {
  // The groups of servers that no file has, and of one that LiteLLM starts without, are not known. CAT-02 judges the latter.
  if (litellmConfig.files.length === 0 || litellmConfig.unusableServers.length > 0) return;
  const written = litellmConfig.upstreams.flatMap(({ name, accessGroups, accessGroupsAt }) =>
    accessGroups.map((group) => ({ server: name, group, location: accessGroupsAt })),
  );
  const known = new Set([...written, ...policy.upstreams.flatMap(groupsOf)].map(({ group }) => group));
  const granted = policy.identities.flatMap((identity) =>
    [...identity.accessGroups, ...(identity.team?.accessGroups ?? [])].map((group) => ({ identity, group })),
  );
  const missing = granted.find(({ group }) => !known.has(group));
  if (missing === undefined) return;
  const { identity, group } = missing;
  const near = nearest(
    group,
    written.map((one) => one.group),
  );
  const meant = written.find((one) => one.group === near);
  const location = meant?.location ?? identity.location;
  throw new CheckFailure({
    summary: `${identity.name} is granted the access group ${group}, which no server has`,
    code: "unknown-access-group",
    expected: `a server with ${group} in its access_groups`,
    actual: [...known].join(", ") || "no server has an access group",
    cause:
      meant === undefined
        ? "the group was removed or renamed: what it is granted to sees no server by it"
        : `the server ${meant.server} has the group '${meant.group}' instead`,
    ...(location === undefined ? {} : { location }),
    fix: meant === undefined ? "add it to the access_groups of a server, or correct the policy" : `write '${group}'`,
  });
}

function groupsOf({ accessGroups }: { accessGroups: readonly string[] }): { group: string }[] {
  return accessGroups.map((group) => ({ group }));
}
