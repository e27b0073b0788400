import type { Tool } from "@modelcontextprotocol/sdk/types.js";
import type { GatewayTarget } from "../../../containers/targets/needs.ts";
import { forEachCase } from "../../../helpers/checks/cases.ts";
import { CheckFailure, type FailureDetails } from "../../../helpers/checks/check-failure.ts";
import { runUpstreams } from "../../../helpers/deployment/services/run-upstreams.ts";
import { check } from "../../runner/check.ts";
import { someOfferedTools } from "../support/listings.ts";
import { catalogueName, clientEvidence } from "../support/mcp-client.ts";
import { schemaFaults } from "../support/strict-schema.ts";

check({
  id: "CAT-28/strict-schemas",
  requirements: ["CAT-28"],
  title: "the strict validators of clients accept the schema of every tool",
  needs: ["gateway"],
  async run({ gateway }) {
    const { endpoint } = gateway.policy.mcp;
    const tools = await someOfferedTools(gateway);
    await forEachCase(
      "a client accepts the tool",
      tools,
      ({ name }) => name,
      async (tool) => {
        const faults = schemaFaults(tool.inputSchema);
        if (faults.length === 0) return;
        throw new CheckFailure({
          summary: `strict clients refuse the tool ${tool.name}`,
          code: "schema-refused",
          expected: "an object with typed properties, arrays with items, and references that lead somewhere",
          actual: faults.join("\n"),
          cause:
            "the upstream describes its input in a form that OpenAI's and VS Code's validators refuse; a client then drops the tool, or all of them",
          ...locationOf(gateway, tool),
          evidence: clientEvidence(gateway.http, ['"tools/list"'], { sent: `tools/list at ${endpoint}` }),
          fix: "take another version of the upstream, or leave the tool out (allowed_tools)",
        });
      },
    );
  },
});

/** The entry of the tool's server in LiteLLM's config. */
function locationOf(gateway: GatewayTarget, { name }: Tool): Pick<FailureDetails, "location"> {
  const own = runUpstreams(gateway.deployment).find((one) => name.startsWith(catalogueName(gateway, one.name, "")));
  return own === undefined ? {} : { location: own.location };
}
