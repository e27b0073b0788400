import { expect, test } from "vitest";
import { loadDeployment } from "../../helpers/deployment/load.ts";
import type { PolicyUpstream } from "../../helpers/deployment/types.ts";
import { expectAnyServer, expectPolicyServer } from "./any-server.ts";

const reference = await loadDeployment("deployments/reference");

/** The reference with other servers in its policy. */
function withServers(change: (upstream: PolicyUpstream) => PolicyUpstream): typeof reference {
  return { ...reference, policy: { ...reference.policy, upstreams: reference.policy.upstreams.map(change) } };
}

const empty: typeof reference = {
  ...reference,
  policy: { ...reference.policy, upstreams: [] },
  litellmConfig: { ...reference.litellmConfig, upstreams: [] },
};

test("servers that the policy leaves out are named with its reasons", () => {
  const deployment = withServers((upstream) => ({ ...upstream, leftOut: `no ${upstream.name} here` }));
  const list = reference.policy.upstreams.map(({ name }) => `${name} (no ${name} here)`).join(", ");
  const reason = `the MCP servers are left out of the run: ${list}`;
  expect(() => expectAnyServer({ deployment })).toThrow(reason);
  expect(() => expectPolicyServer(deployment.policy)).toThrow(reason);
});

test("where the only server is left out of the run, checks of servers are not supported, with its reason", () => {
  const [first] = reference.policy.upstreams;
  const upstreams = first === undefined ? [] : [{ ...first, leftOut: "it needs a token" }];
  const reason = `the MCP server is left out of the run: ${first?.name} (it needs a token)`;
  expect(() => expectAnyServer({ deployment: { ...empty, policy: { ...empty.policy, upstreams } } })).toThrow(reason);
});

test("without any server the reason says where there is none", () => {
  expect(() => expectAnyServer({ deployment: empty })).toThrow(
    "neither the policy nor LiteLLM's config has an MCP server",
  );
  expect(() => expectPolicyServer(empty.policy)).toThrow("the policy names no MCP server that is part of the run");
});

test("one server in the run is enough", () => {
  const [first] = reference.policy.upstreams;
  const deployment = withServers((one) => (one === first ? one : { ...one, leftOut: "it runs elsewhere" }));
  expect(() => expectAnyServer({ deployment })).not.toThrow();
  expect(() => expectPolicyServer(deployment.policy)).not.toThrow();
});
