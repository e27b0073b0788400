import type { GatewayTarget } from "../../../containers/targets/needs.ts";
import { CheckFailure } from "../../../helpers/checks/check-failure.ts";
import { exchangeEvidence } from "../../../helpers/checks/evidence.ts";
import { differences } from "../../../helpers/core/text/json-difference.ts";
import { grantRights, keyRights } from "../../../helpers/deployment/litellm/key-rights.ts";
import { grantedTools, grantOf } from "../../../helpers/deployment/policy/grants.ts";
import { runUpstreams } from "../../../helpers/deployment/services/run-upstreams.ts";
import type { PolicyIdentity, SourceLocation, UpstreamConfig } from "../../../helpers/deployment/types.ts";
import { check } from "../../runner/check.ts";
import type { Evidence } from "../../runner/evidence.ts";
import { managementApi } from "../../support/management-api.ts";
import { openedForAllKeys } from "../../support/servers-for-all-keys.ts";
import { offeredTools } from "../support/listings.ts";
import { catalogueName } from "../support/mcp-client.ts";
import { rpc, toolNamesIn } from "../support/rpc.ts";

/** The rights of a key that a check makes. */
type Rights = Pick<PolicyIdentity, "servers" | "accessGroups" | "tools" | "team">;

const noRights: Rights = { servers: [], accessGroups: [], tools: new Map(), team: undefined };

check({
  id: "CAT-16/no-grant",
  requirements: ["CAT-16"],
  title: "a key without any grant sees no server, except one for all keys",
  needs: ["gateway"],
  async run({ gateway, evidence }) {
    await expectGrant(gateway, evidence, { kind: "no grant", rights: noRights, location: undefined });
  },
});

check({
  id: "CAT-16/access-group-grant",
  requirements: ["CAT-16"],
  title: "a key for an access group sees the servers of the group, and no others",
  needs: ["gateway"],
  async run({ gateway, evidence }) {
    const grouped = runUpstreams(gateway.deployment).find(({ accessGroups }) => accessGroups.length > 0);
    const [group] = grouped?.accessGroups ?? [];
    if (grouped === undefined || group === undefined)
      return evidence.notSupported(
        "no server has an access group (access_groups in LiteLLM's config or in the policy)",
      );
    const rights = { ...noRights, accessGroups: [group] };
    await expectGrant(gateway, evidence, { kind: `the access group ${group}`, rights, location: grouped.location });
  },
});

check({
  id: "CAT-16/team-grant",
  requirements: ["CAT-16"],
  title: "a key without a grant of its own sees what its team is granted, and nothing else",
  needs: ["gateway"],
  async run({ gateway, evidence }) {
    const server = oneOf(gateway, evidence);
    const rights = { ...noRights, team: { servers: [server.name], accessGroups: [] } };
    await expectGrant(gateway, evidence, { kind: `a team's ${server.name}`, rights, location: server.location });
  },
});

check({
  id: "CAT-16/allowed-tools-grant",
  requirements: ["CAT-16"],
  title: "a key for one tool of a server sees that tool, and no other",
  needs: ["gateway"],
  async run({ gateway, evidence }) {
    const demanded = gateway.policy.upstreams.find(({ leftOut, tools }) => leftOut === undefined && tools.length > 1);
    const [tool] = demanded?.tools ?? [];
    if (demanded === undefined || tool === undefined)
      return evidence.notSupported("the policy names no server with two tools");
    const { name, location } = demanded;
    const rights = { ...noRights, tools: new Map([[name, [tool]]]) };
    await expectGrant(gateway, evidence, { kind: `${tool} of ${name}`, rights, location });
  },
});

check({
  id: "CAT-16/all-keys-server",
  requirements: ["CAT-16"],
  title: "a server for all keys is seen by a key for another server too",
  needs: ["gateway"],
  async run({ gateway, evidence }) {
    const servers = runUpstreams(gateway.deployment);
    const open = servers.find(({ allowAllKeys }) => allowAllKeys);
    const other = servers.find(({ allowAllKeys }) => !allowAllKeys);
    if (open === undefined || other === undefined)
      return evidence.notSupported("no server is for all keys (allow_all_keys), or every server is");
    const rights = { ...noRights, servers: [other.name] };
    await expectGrant(gateway, evidence, {
      kind: `${other.name}, and ${open.name} for all keys`,
      rights,
      location: open.location,
    });
  },
});

/** A server that needs a grant. */
function oneOf(gateway: GatewayTarget, evidence: Evidence): UpstreamConfig {
  const server = runUpstreams(gateway.deployment).find(({ allowAllKeys }) => !allowAllKeys);
  return server ?? evidence.notSupported("no server of the run needs a grant");
}

async function expectGrant(
  gateway: GatewayTarget,
  evidence: Evidence,
  { kind, rights, location }: { kind: string; rights: Rights; location: SourceLocation | undefined },
): Promise<void> {
  const api = await managementApi(gateway, evidence);
  const offered = (await offeredTools(gateway)).map(({ name }) => name);
  const servers = runUpstreams(gateway.deployment);
  const grant = grantOf(rights, servers);
  const expected = servers.flatMap(({ name }) => {
    const prefix = catalogueName(gateway, name, "");
    const tools = offered.flatMap((tool) => (tool.startsWith(prefix) ? [tool.slice(prefix.length)] : []));
    return grantedTools(grant, name, tools).map((tool) => prefix + tool);
  });
  const ids = await api.allServerIds();
  const idOf = (server: string): string => ids.get(server) ?? server;
  const team =
    rights.team && (await api.createTeam(`team for ${kind}`, { object_permission: grantRights(rights.team, idOf) }));
  const { key } = await api.createKey({
    ...keyRights({ ...rights, models: [], routes: [] }, idOf),
    ...(team === undefined ? {} : { team_id: team }),
  });
  const exchange = await rpc(gateway, { path: gateway.policy.mcp.endpoint, method: "tools/list", bearer: key });
  const found = toolNamesIn(exchange);
  const different = differences(expected.sort(), found.sort());
  if (different.length === 0 && exchange.response !== undefined) return;
  const more = found.filter((name) => !expected.includes(name));
  const owner = servers.find(({ name }) => more[0]?.startsWith(catalogueName(gateway, name, "")));
  throw new CheckFailure({
    summary: `a key with ${kind} lists other tools than it is granted`,
    code: more.length > 0 ? "other-tools" : "granted-not-shown",
    expected: `${expected.length} of ${offered.length} tools`,
    actual: `${found.length} tools, ${more.length} of them not granted`,
    cause: "this version of LiteLLM does not know this kind of grant, or does not apply it to a listing",
    ...(location === undefined ? {} : { location }),
    ...(owner === undefined ? {} : await openedForAllKeys(gateway, api, owner.name)),
    evidence: { ...exchangeEvidence(exchange), received: different.join("\n") },
  });
}
