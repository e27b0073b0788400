import { randomUUID } from "node:crypto";
import { forEachCase } from "../../../helpers/checks/cases.ts";
import { CheckFailure } from "../../../helpers/checks/check-failure.ts";
import { exchangeEvidence } from "../../../helpers/checks/evidence.ts";
import { check } from "../../runner/check.ts";
import { catalogueName } from "../support/mcp-client.ts";
import { rpc } from "../support/rpc.ts";

check({
  id: "CAT-27/credentials-not-forwarded",
  requirements: ["CAT-27"],
  title: "no credential of the gateway or of its callers reaches an upstream that is not meant to have one",
  needs: ["testGateway"],
  async run({ testGateway }) {
    const token = randomUUID();
    const path = testGateway.endpoint("unwell");
    const call = { name: catalogueName(testGateway, "unwell", "answer"), arguments: { token } };
    const exchanges = await Promise.all([
      rpc(testGateway, { path, method: "tools/list" }),
      rpc(testGateway, { path, method: "tools/call", params: call }),
      rpc(testGateway, {
        path,
        method: "tools/call",
        params: call,
        headers: [["x-litellm-api-key", `Bearer ${testGateway.masterKey}`]],
      }),
    ]);
    if ((await testGateway.received(token)).length === 0) {
      throw new CheckFailure({
        summary: "the control fails: no call reaches the upstream, so nothing shows what it receives",
        code: "control-failed",
        expected: "a call at the upstream",
        actual: "none",
        evidence: exchangeEvidence(...exchanges),
      });
    }
    const { policy, deployment } = testGateway;
    const known = new Set([...policy.secrets, ...deployment.literals].map(({ name }) => name));
    const secrets = [...testGateway.canaries.secrets].filter(([name]) => known.has(name));
    if (secrets.length === 0) secrets.push(["the master key", testGateway.masterKey]);
    await forEachCase(
      "the upstream receives no secret",
      secrets,
      ([name]) => name,
      async ([name, value]) => {
        const header = await testGateway.headerWith(value);
        if (header === undefined) return;
        throw new CheckFailure({
          summary: `${name} reaches an upstream, which the policy does not say`,
          code: "credential-forwarded",
          expected: "requests to the upstream without a credential of the gateway",
          actual: `${name} in the header ${header}`,
          evidence: exchangeEvidence(...exchanges),
          cause: "LiteLLM forwards the caller's key, or adds one of its own, to every upstream",
          location: testGateway.deployment.litellm.location,
          fix: "remove extra_headers and forwarding options that name Authorization, or give the upstream a credential of its own",
        });
      },
    );
  },
});
