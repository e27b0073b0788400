import { forEachCase } from "../../helpers/checks/cases.ts";
import { CheckFailure } from "../../helpers/checks/check-failure.ts";
import { check } from "../runner/check.ts";
import { type DeclaredRight, grantedGroups, openServers } from "./support/declared-rights.ts";

check({
  id: "KEYS-01/open-servers",
  requirements: ["KEYS-01"],
  title: "a server that LiteLLM's config opens to every key is granted to every identity",
  needs: ["gateway"],
  async run({ gateway, evidence }) {
    const servers = openServers(gateway.deployment);
    if (servers.length === 0)
      evidence.notSupported("the policy names no identities, or LiteLLM's config has no MCP server");
    await expectAll("what is open to every key is granted to every identity", servers);
  },
});

check({
  id: "KEYS-01/groups-exist",
  requirements: ["KEYS-01"],
  title: "each access group of an identity has a server",
  needs: ["gateway"],
  async run({ gateway, evidence }) {
    const groups = grantedGroups(gateway.deployment);
    if (groups.length === 0) evidence.notSupported("no identity of the policy is granted an access group");
    await expectAll("an access group that is granted has a server", groups);
  },
});

async function expectAll(what: string, rights: readonly DeclaredRight[]): Promise<void> {
  await forEachCase(
    what,
    rights,
    ({ name }) => name,
    async ({ failure }) => {
      if (failure !== undefined) throw new CheckFailure(failure);
    },
  );
}
