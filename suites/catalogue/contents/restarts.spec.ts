import type { TestGateway } from "../../../containers/targets/test-gateway.ts";
import { CheckFailure } from "../../../helpers/checks/check-failure.ts";
import { differences } from "../../../helpers/core/text/json-difference.ts";
import { demandedServers, expectedTools } from "../../../helpers/deployment/litellm/expected-catalogue.ts";
import { check } from "../../runner/check.ts";
import { followsCatalogue } from "../../support/needed-checks.ts";
import { listPatiently } from "../support/listings.ts";
import { clientEvidence, toolsOf } from "../support/mcp-client.ts";
import { serverFinding } from "../support/server-finding.ts";

check({
  id: "CAT-20/complete-after-restarts",
  requirements: ["CAT-20"],
  title: "the catalogue is complete on the first request after boot, and the same after LiteLLM restarts",
  needs: ["restartableGateway"],
  async run({ restartableGateway, evidence }) {
    const first = await evidence.phase("first listing after boot", () => toolNames(restartableGateway));
    const { litellmConfig } = restartableGateway.deployment;
    const expected = demandedServers(restartableGateway.deployment).flatMap(({ name, tools }) =>
      expectedTools(litellmConfig, name, tools),
    );
    const missing = expected.filter((name) => !first.includes(name));
    const silent = demandedServers(restartableGateway.deployment).filter(({ name, tools }) =>
      expectedTools(litellmConfig, name, tools).every((tool) => !first.includes(tool)),
    );
    if (missing.length > 0 || first.length === 0) {
      throw new CheckFailure({
        summary: "the first listing after boot is not complete",
        code: "incomplete-after-boot",
        expected: expected.length === 0 ? "at least one tool" : `${expected.length} tools of the policy`,
        actual: expected.length === 0 ? "0 tools" : `${expected.length - missing.length} of them`,
        cause: "LiteLLM answers before it is connected to its upstreams (BerriAI/litellm#31775)",
        evidence: clientEvidence(restartableGateway.http, ['"tools/list"'], {
          sent: `tools/list at ${restartableGateway.endpoint()}`,
          received: missing.map((name) => `- ${name} (missing)`).join("\n"),
        }),
        ...serverFinding(
          restartableGateway,
          silent.map(({ name }) => name),
        ),
        ...(silent.length > 0 || first.length === 0 ? followsCatalogue : {}),
      });
    }
    await evidence.phase("restart LiteLLM", () => restartableGateway.restart("litellm"));
    expectSame("LiteLLM", first, await toolNames(restartableGateway));
    await restartableGateway.restart("everything");
    expectSame("an upstream over HTTP", first, await toolNames(restartableGateway));
    evidence.finding(
      `The catalogue has ${first.length} tools on the first request after boot, and the same after LiteLLM and an upstream restarted.`,
    );
  },
});

/** Sorted: no specification defines the order. */
async function toolNames(gateway: TestGateway): Promise<string[]> {
  const tools = await listPatiently(() => toolsOf(gateway.endpoint(), gateway.mcp()));
  return tools.map(({ name }) => name).sort();
}

function expectSame(restarted: string, before: readonly string[], after: readonly string[]): void {
  const different = differences(before, after);
  if (different.length === 0) return;
  throw new CheckFailure({
    summary: `the catalogue changes when ${restarted} restarts`,
    code: "changed-after-restart",
    expected: `the ${before.length} tools of before`,
    actual: `${after.length} tools`,
    cause: "LiteLLM keeps a connection or a session to an upstream that is gone",
    evidence: { received: different.join("\n") },
  });
}
