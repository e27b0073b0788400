import { forEachCase } from "../../../helpers/checks/cases.ts";
import { CheckFailure } from "../../../helpers/checks/check-failure.ts";
import { deadlines } from "../../../helpers/core/deadlines.ts";
import { type ComparedScenario, compareScenarios } from "../../../helpers/protocol/official-suite/compare-scenarios.ts";
import { type ForwarderOptions, McpForwarder } from "../../../helpers/protocol/official-suite/forwarder.ts";
import { runOfficialScenarios, type ScenarioResults } from "../../../helpers/protocol/official-suite/run-scenarios.ts";
import { check } from "../../runner/check.ts";
import { catalogueName } from "../support/mcp-client.ts";
import { rpc } from "../support/rpc.ts";

/** The suite's own well-behaved upstream. */
const upstream = "official";

/**
 * How many scenarios the upstream passes directly: all 32 of 0.1.16 but `dns-rebinding-protection`, which is for servers on
 * localhost that need no credential. With fewer there is nothing to compare, and the fault is this suite's.
 */
const passedDirectly = 31;

/** A scenario that calls a tool, and that an error in place of the tool's result fails. */
const simplestCall = { scenario: "tools-call-image", tool: "test_image_content" };

/** Why LiteLLM loses scenarios, by their names. */
const causes: readonly { scenarios: RegExp; cause: string }[] = [
  {
    scenarios: /sampling|elicitation/,
    cause: "LiteLLM announces no sampling and no elicitation to the upstream, and forwards none of its requests",
  },
  {
    scenarios: /logging|progress/,
    cause: "LiteLLM does not forward what an upstream sends during a call: log messages and progress",
  },
  {
    scenarios: /^completion|subscribe/,
    cause: "LiteLLM's MCP server does not have the method, whatever the upstream has",
  },
  {
    scenarios: /^(prompts|resources)-/,
    cause: "LiteLLM does not forward the upstream's prompts or resources",
  },
  { scenarios: /^tools-call-error$/, cause: "LiteLLM drops isError, so that a failed call looks like a success" },
];

check({
  id: "CAT-23/official-scenarios",
  requirements: ["CAT-23"],
  title: "a scenario of the official MCP suite that an upstream passes directly it passes through the gateway too",
  needs: ["testGateway"],
  async run({ testGateway, evidence }) {
    const endpoint = testGateway.endpoint(upstream);
    const gateway = {
      target: testGateway.url(endpoint),
      key: testGateway.masterKey,
      prefix: catalogueName(testGateway, upstream, ""),
    };
    const itself = { target: testGateway.upstreamUrl(upstream) };
    const [once, through] = await Promise.all([scenariosAt(itself), scenariosAt(gateway)]);
    // A busy machine is late once. What the upstream or the gateway loses it loses each time.
    const direct = compareScenarios(once, through).length < passedDirectly ? await scenariosAt(itself) : once;
    await evidence.keep("direct.json", jsonOf(direct));
    const kept = await evidence.keep("through-the-gateway.json", jsonOf(through));
    const first = compareScenarios(direct, through);
    const isLate = first.some(({ failures }) => failures.some((failure) => /timed? ?out|in time/i.test(failure)));
    const compared = isLate ? lostTwice(first, compareScenarios(direct, await scenariosAt(gateway))) : first;
    if (compared.length < passedDirectly)
      throw new Error(`the upstream ${upstream} passes ${compared.length} scenarios, and not ${passedDirectly}`);
    // The scenarios' own requests are not recorded; this one shows who refuses them, LiteLLM or a module of the operator's.
    if (compared.some(({ scenario, failures }) => scenario === simplestCall.scenario && failures.length > 0))
      await rpc(testGateway, {
        path: endpoint,
        method: "tools/call",
        params: { name: catalogueName(testGateway, upstream, simplestCall.tool), arguments: {} },
      });
    for (const { scenario, warnings } of compared)
      if (warnings.length > 0)
        evidence.finding(
          `the official scenario ${scenario} warns through the gateway, and not directly: ${warnings.join("; ")}`,
        );
    await forEachCase(
      "what passes directly passes through the gateway",
      compared,
      ({ scenario }) => scenario,
      async ({ scenario, failures }) => {
        if (failures.length === 0) return;
        throw new CheckFailure({
          summary: `the official scenario ${scenario} passes directly, and fails through the gateway`,
          code: "scenario-lost",
          expected: "no failed check in the scenario",
          actual: failures.join("; "),
          cause:
            causes.find(({ scenarios }) => scenarios.test(scenario))?.cause ??
            "LiteLLM changes or does not forward the client's request or the upstream's answer",
          evidence: { sent: `the scenario ${scenario} at ${endpoint}`, received: `every check of it: ${kept}` },
        });
      },
    );
  },
});

/** The scenarios with the failures of those alone that fail in both runs. */
function lostTwice(first: readonly ComparedScenario[], second: readonly ComparedScenario[]): ComparedScenario[] {
  const passed = new Set(second.filter(({ failures }) => failures.length === 0).map(({ scenario }) => scenario));
  return first.map((one) => (passed.has(one.scenario) ? { ...one, failures: [] } : one));
}

async function scenariosAt(options: Omit<ForwarderOptions, "deadline">): Promise<ScenarioResults> {
  await using forwarder = await McpForwarder.start({ ...options, deadline: deadlines.request });
  return await runOfficialScenarios(forwarder.url, deadlines.mcpRequest);
}

function jsonOf(results: ScenarioResults): string {
  return `${JSON.stringify(Object.fromEntries(results), null, 2)}\n`;
}
