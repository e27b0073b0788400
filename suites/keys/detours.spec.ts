import type { GatewayTarget } from "../../containers/targets/needs.ts";
import { forEachCase } from "../../helpers/checks/cases.ts";
import { CheckFailure } from "../../helpers/checks/check-failure.ts";
import { exchangeEvidence } from "../../helpers/checks/evidence.ts";
import { catalogueName } from "../../helpers/deployment/litellm/expected-catalogue.ts";
import { serverPath } from "../../helpers/deployment/policy/mcp-paths.ts";
import { unknownKey } from "../../helpers/deployment/source/canaries.ts";
import { check } from "../runner/check.ts";
import { managementApi } from "../support/management-api.ts";
import { serversOf } from "./support/identities.ts";
import { call, type ListingRequest, list, listedTools } from "./support/mcp-request.ts";
import { probesOf } from "./support/probes.ts";

check({
  id: "KEYS-04/listing-detours",
  requirements: ["KEYS-04"],
  title: "a key for one server is shown no other by any path, header or query",
  needs: ["gateway"],
  async run({ gateway, evidence }) {
    const api = await managementApi(gateway, evidence);
    const servers = serversOf(gateway);
    const [own, other] = servers;
    if (own === undefined || other === undefined)
      return evidence.notSupported("the policy names fewer than two servers");
    const { key } = await api.createKey({ object_permission: { mcp_servers: await api.serverIds([own]) } });
    await forEachCase(
      `a key for ${own} is not shown ${other}`,
      listingDetours(gateway, { own, other, key }),
      ({ way }) => way,
      async (request) => {
        const exchange = await list(gateway, request, key);
        const shown = [...listedTools(gateway, exchange).keys()].filter((server) => server !== own);
        if (exchange.response !== undefined && shown.length === 0) return;
        throw new CheckFailure({
          summary: `a key for ${own} is shown ${shown.join(", ") || "nothing that can be judged"}`,
          code: exchange.response === undefined ? "no-response" : "shown-without-grant",
          expected: `tools of ${own}, or a refusal`,
          actual: shown.length > 0 ? `tools of ${shown.join(", ")}` : "no response",
          cause: "LiteLLM applies the grant to one of the ways only",
          evidence: exchangeEvidence(exchange),
        });
      },
    );
  },
});

check({
  id: "KEYS-04/call-detours",
  requirements: ["KEYS-04"],
  title: "a key for one server calls no other by its bare name or by another path",
  needs: ["gateway", "canaries"],
  async run({ gateway, evidence }) {
    const api = await managementApi(gateway, evidence);
    const probes = probesOf(gateway, serversOf(gateway));
    const [own, other] = probes;
    if (own === undefined || other === undefined)
      return evidence.notSupported("fewer than two servers have a tool that a check can call without harm");
    const { key } = await api.createKey({ object_permission: { mcp_servers: await api.serverIds([own.server]) } });
    const { endpoint } = gateway.policy.mcp;
    const { tool, server, input } = other;
    const { litellmConfig } = gateway.deployment;
    const prefixed = catalogueName(litellmConfig, server, tool);
    const attempts = [
      { path: endpoint, name: tool },
      { path: serverPath(gateway.policy, server), name: prefixed },
      { path: serverPath(gateway.policy, server), name: tool },
      { path: serverPath(gateway.policy, own.server), name: prefixed },
      { path: endpoint, name: catalogueName(litellmConfig, own.server, prefixed) },
      { path: endpoint, name: catalogueName(litellmConfig, own.server, tool) },
    ];
    await forEachCase(
      `a key for ${own.server} does not reach ${server}`,
      attempts,
      ({ path, name }) => `${name} at ${path}`,
      async ({ path, name }) => {
        const answer = await call(gateway, path, key, { name, input });
        if (answer.response !== undefined && !other.reached(answer)) return;
        throw new CheckFailure({
          summary: `a key for ${own.server} calls ${tool} of ${server} as ${name} at ${path}`,
          code: answer.response === undefined ? "no-response" : "call-without-grant",
          expected: `no answer of ${server}`,
          actual: answer.response === undefined ? "no response" : `an answer of ${server}`,
          cause: "LiteLLM finds the server by the tool's name, and does not look at the key's grant",
          evidence: exchangeEvidence(answer),
        });
      },
    );
  },
});

/** Requests by which a key for one server might see another. */
function listingDetours(
  { policy, masterKey }: GatewayTarget,
  { own, other, key }: { own: string; other: string; key: string },
): ListingRequest[] {
  const { endpoint } = policy.mcp;
  const post = (path: string, headers: ListingRequest["headers"] = []): ListingRequest => ({
    way: [path, ...headers.map(([name]) => name)].join(" with "),
    method: "POST",
    path,
    headers,
  });
  return [
    post(serverPath(policy, other)),
    post(serverPath(policy, own, other)),
    post(`${serverPath(policy, own)}/../${other}`),
    post(serverPath(policy, `.well-known/${other}`)),
    post(`${endpoint}?server=${other}&mcp_servers=${other}`),
    post(endpoint, [["x-mcp-servers", `${own},${other}`]]),
    post(endpoint, [["x-mcp-servers", other]]),
    post(endpoint, [["x-mcp-access-groups", other]]),
    // Another credential next to the key must not add rights: a wrong one, and its own once more.
    post(endpoint, [["x-litellm-api-key", `Bearer ${unknownKey}`]]),
    post(endpoint, [["x-litellm-api-key", `Bearer ${key}`]]),
    // The beginning of the master key.
    post(endpoint, [["x-litellm-api-key", `Bearer ${masterKey.slice(0, 12)}`]]),
  ];
}
