import type { GatewayTarget } from "../../containers/targets/needs.ts";
import { forEachCase } from "../../helpers/checks/cases.ts";
import { CheckFailure } from "../../helpers/checks/check-failure.ts";
import { exchangeEvidence } from "../../helpers/checks/evidence.ts";
import { atMost } from "../../helpers/core/at-most.ts";
import { differences } from "../../helpers/core/text/json-difference.ts";
import { grantedTools } from "../../helpers/deployment/policy/grants.ts";
import { check } from "../runner/check.ts";
import { statusOf } from "../support/answers.ts";
import { type ManagementApi, managementApi } from "../support/management-api.ts";
import { openedForAllKeys } from "../support/servers-for-all-keys.ts";
import { type Identity, identitiesOf, serversOf } from "./support/identities.ts";
import { expectKnownGroups } from "./support/known-groups.ts";
import { type Cell, keepMatrix, withMatrix } from "./support/matrix.ts";
import { catalogueOfMaster, list, listedTools, listingRequests } from "./support/mcp-request.ts";

/** How many listings run at a time: LiteLLM asks the servers again for each. */
const atATime = 4;

check({
  id: "KEYS-01/listed-tools",
  requirements: ["KEYS-01"],
  title: "each identity is shown the tools that it is granted, and no others, by every documented way",
  needs: ["gateway"],
  async run({ gateway, evidence }) {
    const api = await managementApi(gateway, evidence);
    const identities = await identitiesOf(gateway, evidence);
    expectKnownGroups(gateway.deployment);
    const cells = await cellsOf(gateway, identities);
    await keepMatrix(cells, "listed", evidence);
    await withMatrix(cells, () =>
      forEachCase(
        "an identity is shown exactly what it is granted",
        cells,
        ({ identity, way, server }) => `${identity.name}, ${server}, ${way}`,
        async (cell) => await expectGrantedTools(gateway, api, cell),
      ),
    );
  },
});

async function cellsOf(gateway: GatewayTarget, identities: readonly Identity[]): Promise<Cell[]> {
  const servers = serversOf(gateway);
  const catalogue = Map.groupBy(await catalogueOfMaster(gateway, servers), ({ server }) => server);
  const asked = identities.flatMap((identity) =>
    listingRequests(gateway, servers).map((request) => ({ identity, request })),
  );
  const answers = await atMost(atATime, asked, async ({ identity, request }) => ({
    identity,
    request,
    exchange: await list(gateway, request, identity.key),
  }));
  return answers.flatMap(({ identity, request, exchange }) => {
    const listed = listedTools(gateway, exchange);
    return servers.map((server): Cell => {
      const tried = (catalogue.get(server) ?? []).map(({ name }) => name);
      const isAsked = request.server === undefined || request.server === server;
      const grant = isAsked && identity.expected !== "refused" ? identity.expected : new Map();
      const expected = grantedTools(grant, server, tried);
      return { identity, way: request.way, server, tried, expected, found: listed.get(server) ?? [], exchange };
    });
  });
}

async function expectGrantedTools(
  gateway: GatewayTarget,
  api: ManagementApi,
  { identity, way, server, expected, found, exchange }: Cell,
): Promise<void> {
  const isRefused = identity.expected !== "refused" || (exchange.response?.status ?? 0) >= 400;
  const different = differences([...expected].sort(), found);
  if (different.length === 0 && isRefused && exchange.response !== undefined) return;
  const more = found.filter((name) => !expected.includes(name));
  throw new CheckFailure({
    summary:
      different.length === 0
        ? `${identity.name} is not refused`
        : `${identity.name} is shown other tools of ${server} than it is granted`,
    code: different.length === 0 ? "not-refused" : more.length > 0 ? "shown-without-grant" : "granted-not-shown",
    expected: different.length === 0 ? "a status of 400 or more" : `${expected.length} tools of ${server}`,
    actual: different.length === 0 ? statusOf(exchange) : `${found.length} tools of ${server} by ${way}`,
    cause:
      more.length > 0
        ? "the key's grant in LiteLLM is wider than the policy says, or this version does not apply grants to this way"
        : different.length === 0
          ? "LiteLLM answers a caller that it should not know"
          : "the key's grant in LiteLLM is narrower than the policy says, or this version does not know that kind of grant",
    ...(identity.location === undefined ? {} : { location: identity.location }),
    ...(more.length > 0 ? await openedForAllKeys(gateway, api, server) : {}),
    evidence: { ...exchangeEvidence(exchange), received: different.join("\n") },
  });
}
