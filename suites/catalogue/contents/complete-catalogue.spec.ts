import type { GatewayTarget, GatewayWith } from "../../../containers/targets/needs.ts";
import { CheckFailure } from "../../../helpers/checks/check-failure.ts";
import { displayPath } from "../../../helpers/core/text/display-path.ts";
import { serverLine } from "../../../helpers/deployment/litellm/blame.ts";
import { expectedTools } from "../../../helpers/deployment/litellm/expected-catalogue.ts";
import { runUpstreams } from "../../../helpers/deployment/services/run-upstreams.ts";
import { schemaFault } from "../../../helpers/protocol/json-schema.ts";
import { check } from "../../runner/check.ts";
import { expectSameFields } from "../support/compare-tools.ts";
import { expectDemandedServers } from "../support/demanded-servers.ts";
import { type DirectListing, listings, offeredTools, someOfferedTools } from "../support/listings.ts";
import { catalogueName, clientEvidence } from "../support/mcp-client.ts";
import { causeOfMissingTools } from "../support/missing-tools-cause.ts";
import { serverFinding } from "../support/server-finding.ts";

check({
  id: "CAT-02/catalogue-equals-upstreams",
  requirements: ["CAT-02"],
  title: "the catalogue holds exactly the tools that the upstreams offer directly, each with its server's prefix",
  needs: ["gateway", "direct-upstreams", "part-logs", "commands"],
  async run({ gateway, evidence }) {
    expectDemandedServers(gateway);
    const { offered, direct } = await listings(gateway).catch((error: unknown) => withGatewaysOwnCause(gateway, error));
    for (const upstream of direct) expectPolicyTools(gateway, upstream);

    const { litellmConfig } = gateway.deployment;
    const expected = direct.flatMap(({ name, tools }) => expectedTools(litellmConfig, name, namesOf(tools))).sort();
    const found = offered.map(({ name }) => name).sort();
    await evidence.keep(
      "catalogue.json",
      JSON.stringify(
        { throughGateway: offered, direct: Object.fromEntries(direct.map(({ name, tools }) => [name, tools])) },
        null,
        2,
      ),
    );
    const missing = expected.filter((name) => !found.includes(name));
    const extra = found.filter((name) => !expected.includes(name));
    const twice = found.filter((name, index) => found.indexOf(name) !== index);
    for (const name of new Set([...expected, ...found])) {
      const times = found.filter((one) => one === name).length;
      evidence.compare("catalogue", {
        row: name,
        column: "tools/list",
        expected: expected.includes(name) ? "listed" : "not listed",
        found: times === 0 ? "not listed" : times === 1 ? "listed" : `listed ${times} times`,
        holds: times === (expected.includes(name) ? 1 : 0),
      });
    }
    if (missing.length + extra.length + twice.length > 0) {
      const silent = direct.filter(
        ({ name }) => !found.some((tool) => tool.startsWith(catalogueName(gateway, name, ""))),
      );
      const { cause, log, location, fix } = await causeOfMissingTools(
        gateway,
        silent.map(({ name }) => name),
      );
      const received = [
        ...missing.map((name) => `- ${name} (missing)`),
        ...extra.map((name) => `+ ${name} (not an upstream's)`),
        ...twice.map((name) => `! ${name} (twice)`),
        ...log.map((line) => `LiteLLM's log: ${line}`),
      ].join("\n");
      throw new CheckFailure({
        summary: "the catalogue is not what the upstreams offer",
        code: missing.length > 0 ? "missing-tools" : extra.length > 0 ? "extra-tools" : "duplicate-tools",
        expected: `${expected.length} tools`,
        actual: `${found.length} tools: ${missing.length} missing, ${extra.length} extra, ${twice.length} twice`,
        cause,
        ...(fix === undefined ? {} : { fix }),
        ...(silent[0] === undefined
          ? {}
          : { location: location ?? serverLine(gateway.deployment, silent[0].name)?.location ?? silent[0].location }),
        ...serverFinding(
          gateway,
          silent.map(({ name }) => name),
        ),
        evidence: clientEvidence(gateway.http, ['"tools/list"'], {
          sent: `tools/list at ${gateway.url(gateway.policy.mcp.endpoint)}`,
          received,
        }),
      });
    }
    const counts = direct.map(({ name, tools }) => `${tools.length} of ${name}`).join(", ");
    evidence.finding(`The catalogue holds ${found.length} tools, exactly those that the upstreams offer: ${counts}.`);
  },
});

/** Where an upstream fails by itself, a setting of LiteLLM may keep its tools from the catalogue too. */
async function withGatewaysOwnCause(
  gateway: GatewayWith<"direct-upstreams" | "part-logs" | "commands">,
  error: unknown,
): Promise<never> {
  if (!(error instanceof CheckFailure) || error.details.code !== "upstream-fails-directly") throw error;
  const offered = await offeredTools(gateway).catch(() => []);
  const silent = runUpstreams(gateway.deployment).filter(
    ({ name }) => !offered.some((tool) => tool.name.startsWith(catalogueName(gateway, name, ""))),
  );
  const { cause, location } = await causeOfMissingTools(
    gateway,
    silent.map(({ name }) => name),
  );
  // Only a setting of LiteLLM's own: what else its log says may be about the upstream that fails.
  if (location === undefined || !/LITELLM_\w+/.test(cause)) throw error;
  throw new CheckFailure({
    ...error.details,
    cause: `${error.details.cause}. Apart from that, ${cause} (${displayPath(location.file)}:${location.line})`,
  });
}

check({
  id: "CAT-03/description-and-input-schema",
  requirements: ["CAT-03"],
  title: "each tool's description and input schema equal the upstream's",
  needs: ["gateway", "direct-upstreams"],
  async run({ gateway, evidence }) {
    const { offered, direct } = await listings(gateway);
    expectSameFields(
      gateway,
      offered,
      direct,
      ["description", "inputSchema"],
      "LiteLLM changes what it forwards",
      evidence,
    );
  },
});

check({
  id: "CAT-03/title-annotations-output-schema",
  requirements: ["CAT-03"],
  title: "each tool's title, annotations and output schema equal the upstream's",
  needs: ["gateway", "direct-upstreams"],
  async run({ gateway, evidence }) {
    const { offered, direct } = await listings(gateway);
    expectSameFields(
      gateway,
      offered,
      direct,
      ["title", "annotations", "outputSchema"],
      "LiteLLM builds a new tool of name, description and input schema only",
      evidence,
    );
  },
});

check({
  id: "CAT-03/valid-input-schemas",
  requirements: ["CAT-03"],
  title: "each input schema is valid JSON Schema of type object",
  needs: ["gateway"],
  async run({ gateway }) {
    const offered = await someOfferedTools(gateway);
    const invalid = offered.flatMap(({ name, inputSchema }) => {
      const fault = inputSchema.type === "object" ? schemaFault(inputSchema) : `its type is ${inputSchema.type}`;
      return fault === undefined ? [] : [`${name}: ${fault}`];
    });
    if (invalid.length === 0) return;
    throw new CheckFailure({
      summary: "tools have an invalid input schema",
      code: "invalid-schema",
      expected: `a valid schema of type object in all ${offered.length} tools`,
      actual: `an invalid one in ${invalid.length} tools`,
      cause: "the upstream was installed with a library that its version does not support (zod 4 with an old SDK)",
      evidence: { received: invalid.join("\n") },
    });
  },
});

function namesOf(tools: readonly { name: string }[]): string[] {
  return tools.map(({ name }) => name);
}

/** @throws {CheckFailure} when an upstream itself lacks a tool that the policy names */
function expectPolicyTools(gateway: GatewayTarget, { name, location, tools }: DirectListing): void {
  const wanted = gateway.policy.upstreams.find((one) => one.name === name)?.tools ?? [];
  const missing = wanted.filter((tool) => !tools.some((one) => one.name === tool));
  if (missing.length === 0 && tools.length > 0) return;
  throw new CheckFailure({
    summary: `the upstream ${name} does not offer the policy's tools when it is asked directly`,
    code: "upstream-lacks-tools",
    expected: wanted.join(", ") || "at least one tool",
    actual: missing.length === 0 ? "0 tools" : `${tools.length} tools, without ${missing.join(", ")}`,
    cause: "the policy was written for another version of the upstream",
    location,
  });
}
