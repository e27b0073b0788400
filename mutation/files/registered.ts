import { stringify } from "yaml";
import { liteLLMDatabase } from "../../helpers/deployment/litellm/database.ts";
import { type Grant, grantOf } from "../../helpers/deployment/policy/grants.ts";
import { runUpstreams } from "../../helpers/deployment/services/run-upstreams.ts";
import type { TextChange } from "../../helpers/deployment/source/text-edit.ts";
import type { PolicyIdentity } from "../../helpers/deployment/types.ts";
import type { Change } from "./mutant.ts";
import type { OperatorFiles } from "./operator-files.ts";

/** An identity whose key LiteLLM's database has, and the policy's text of one with other rights. */
export interface RegisteredIdentity {
  identity: PolicyIdentity;
  with(other: Partial<PolicyIdentity>): TextChange;
}

/** The identities whose keys a run registers in LiteLLM's database. */
export function registeredIdentities({ deployment, policy }: OperatorFiles): RegisteredIdentity[] {
  if (liteLLMDatabase(deployment.litellmConfig) === undefined) return [];
  return deployment.policy.identities.flatMap((identity, index) => {
    const entry = policy.at("identities", index);
    if (identity.secret === undefined || entry === undefined) return [];
    return [{ identity, with: (other) => entry.rewrite(flowText(written({ ...identity, ...other }))) }];
  });
}

/** Other rights of a key, and what is different, in a few words. */
export interface OtherRights {
  how: string;
  rights: Partial<PolicyIdentity>;
}

/** Keys with other rights, where these are not worth the same. */
export function* otherGrants(
  files: OperatorFiles,
  proposed: (identity: PolicyIdentity, grant: Grant) => Iterable<OtherRights>,
): Generator<Change> {
  const servers = runUpstreams(files.deployment);
  // A key for some paths opens no MCP, whatever it is granted.
  const worth = (identity: PolicyIdentity): string =>
    JSON.stringify(identity.routes.length > 0 ? identity.routes : [...grantOf(identity, servers)].sort());
  for (const { identity, with: rewritten } of registeredIdentities(files))
    for (const { how, rights } of proposed(identity, grantOf(identity, servers)))
      if (worth({ ...identity, ...rights }) !== worth(identity))
        yield { subject: `the key of ${identity.name}`, how, ...rewritten(rights) };
}

/** A value as YAML in one line. */
export function flowText(value: object): string {
  return stringify(value, { collectionStyle: "flow", lineWidth: 0 }).trimEnd();
}

/** An identity as the policy writes it. */
function written({ name, secret, servers, accessGroups, tools, team, models, routes, role }: PolicyIdentity): object {
  const own = {
    ...{ name, secret, servers, access_groups: accessGroups, tools: Object.fromEntries(tools) },
    ...{ team: team && { servers: team.servers, access_groups: team.accessGroups }, models, routes, role },
  };
  return Object.fromEntries(Object.entries(own).filter(([, value]) => value !== undefined && !isEmpty(value)));
}

/** A team without a grant is a team. */
function isEmpty(value: unknown): boolean {
  return typeof value === "object" && value !== null && Object.keys(value).length === 0;
}
