import type { TestGateway } from "../../../containers/targets/test-gateway.ts";
import { CheckFailure } from "../../../helpers/checks/check-failure.ts";
import { differences } from "../../../helpers/core/text/json-difference.ts";
import { listTools } from "../../../helpers/protocol/mcp.ts";
import { check } from "../../runner/check.ts";
import { listPatiently, withClient } from "../support/listings.ts";

check({
  id: "CAT-20/complete-after-restarts",
  requirements: ["CAT-20"],
  title: "the catalogue is complete on the first request after boot, and the same after LiteLLM restarts",
  needs: ["restartableGateway"],
  async run({ restartableGateway: restart, evidence }) {
    const first = await evidence.phase("first listing after boot", () => names(restart));
    const expected = restart.policy.upstreams.flatMap(({ name, tools }) => tools.map((tool) => `${name}-${tool}`));
    const missing = expected.filter((name) => !first.includes(name));
    if (missing.length > 0 || expected.length === 0) {
      throw new CheckFailure({
        summary: `the first listing after boot lacks ${missing.length} of ${expected.length} tools`,
        evidence: { received: missing.map((name) => `- ${name}`).join("\n") },
        cause: "LiteLLM answers before it has its upstreams (BerriAI/litellm#31775)",
      });
    }
    await evidence.phase("restart LiteLLM", () => restart.restart("litellm"));
    expectSame("after LiteLLM has restarted", first, await names(restart));
    const { withUpstream } = await restartUpstream(restart);
    expectSame("after an upstream over HTTP has restarted", first, withUpstream);
    evidence.finding(
      `The catalogue has ${first.length} tools on the first request after boot, and the same after LiteLLM and an upstream restarted.`,
    );
  },
});

async function restartUpstream(restart: TestGateway): Promise<{ withUpstream: string[] }> {
  await restart.restart("everything");
  return { withUpstream: await names(restart) };
}

/** Sorted: the order is nobody's promise. */
async function names(restart: TestGateway): Promise<string[]> {
  const tools = await listPatiently(restart, () => withClient(restart.mcp(), listTools));
  return tools.map(({ name }) => name).sort();
}

function expectSame(when: string, before: readonly string[], after: readonly string[]): void {
  const different = differences(before, after);
  if (different.length === 0) return;
  throw new CheckFailure({
    summary: `${when} the catalogue is another one`,
    evidence: { received: different.join("\n") },
    cause: "LiteLLM keeps a connection or a session to an upstream that is gone",
  });
}
