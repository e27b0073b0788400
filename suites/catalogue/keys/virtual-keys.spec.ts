import { CheckFailure } from "../../../helpers/checks/check-failure.ts";
import { exchangeEvidence } from "../../../helpers/checks/evidence.ts";
import { runUpstreams } from "../../../helpers/deployment/services/run-upstreams.ts";
import { check } from "../../runner/check.ts";
import { expectAnyServer } from "../../support/any-server.ts";
import { managementApi } from "../../support/management-api.ts";
import { followsCatalogue } from "../../support/needed-checks.ts";
import { offeredTools } from "../support/listings.ts";
import { catalogueName } from "../support/mcp-client.ts";
import { rpc, toolNamesIn } from "../support/rpc.ts";

check({
  id: "CAT-16/virtual-key-listing",
  requirements: ["CAT-16"],
  title: "a virtual key sees only the servers that it is granted",
  needs: ["gateway"],
  async run({ gateway, evidence }) {
    expectAnyServer(gateway);
    const api = await managementApi(gateway, evidence);
    const server = gateway.policy.upstreams.find(({ leftOut }) => leftOut === undefined)?.name ?? "";
    const { key } = await api.createKey({ object_permission: { mcp_servers: await api.serverIds([server]) } });
    const exchange = await rpc(gateway, { path: gateway.policy.mcp.endpoint, method: "tools/list", bearer: key });
    const names = toolNamesIn(exchange);
    const open = runUpstreams(gateway.deployment).filter(({ allowAllKeys }) => allowAllKeys);
    const own = [server, ...open.map(({ name }) => name)].map((name) => catalogueName(gateway, name, ""));
    const others = names.filter((name) => !own.some((prefix) => name.startsWith(prefix)));
    if (names.length > 0 && others.length === 0) return;
    const offered = names.length > 0 ? [] : await offeredTools(gateway).catch(() => []);
    const isListed = offered.some(({ name }) => name.startsWith(catalogueName(gateway, server, "")));
    throw new CheckFailure({
      summary: `a virtual key for ${server} does not list exactly its tools`,
      code: names.length === 0 ? "no-tools" : "other-tools",
      expected: `tools of ${server} only`,
      actual: `${names.length} tools, ${others.length} of them another server's`,
      ...(names.length > 0 || isListed
        ? {}
        : { cause: `LiteLLM lists no tool of ${server} for the master key either; see CAT-02`, ...followsCatalogue }),
      evidence: { ...exchangeEvidence(exchange), received: others.join("\n") },
    });
  },
});
