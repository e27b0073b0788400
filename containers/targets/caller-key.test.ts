import { expect, test } from "vitest";
import { loadDeployment } from "../../helpers/deployment/load.ts";
import { makeCanaries } from "../../helpers/deployment/source/canaries.ts";
import type { Deployment, PolicySecret } from "../../helpers/deployment/types.ts";
import { callerKey } from "./caller-key.ts";

const key = "sk-canary-made-up";

function secret(name: string, mayBeIn: PolicySecret["mayBeIn"] = ["litellm.environment"]): PolicySecret {
  return { name, in: "variable", kind: "api-key", mayBeIn, location: { file: "policy.yaml", line: 1 } };
}

const provider = secret("OPENAI_API_KEY");
const master = secret("GATEWAY_KEY");
const client = secret("CLIENT_KEY", ["client.environment"]);

test.each<[string, readonly PolicySecret[], string]>([
  ["LiteLLM's master key, whatever its name is", [provider, client, master], "value of GATEWAY_KEY"],
  ["a client's key without a master key in a variable", [provider, client], "value of CLIENT_KEY"],
  ["a key made up for the run where only providers have keys", [provider], key],
])("the edge is asked with %s", (_, secrets, expected) => {
  const deployment = {
    policy: { secrets } as Deployment["policy"],
    litellmConfig: { masterKey: "value of GATEWAY_KEY" } as Deployment["litellmConfig"],
  };
  const values = new Map(secrets.map(({ name }) => [name, `value of ${name}`]));
  expect(callerKey(deployment, { secrets: values, key })).toBe(expected);
});

test("a provider's key that the policy lists first is not the key of a caller", async () => {
  const asWritten = await loadDeployment("deployments/examples/allow-list");
  const policy = { ...asWritten.policy, secrets: asWritten.policy.secrets.toReversed() };
  const { secrets } = makeCanaries(policy, new Map());
  const deployment = await loadDeployment("deployments/examples/allow-list", { replace: secrets });
  expect(callerKey({ ...deployment, policy }, { secrets, key })).toBe(secrets.get("LITELLM_MASTER_KEY"));
});
