import { Ajv } from "ajv";
import { Ajv2020 } from "ajv/dist/2020.js";
import { CheckFailure } from "../../../helpers/checks/check-failure.ts";
import { check } from "../../runner/check.ts";
import { compareTools } from "../support/compare-tools.ts";
import { catalogueName, listings } from "../support/listings.ts";
import { whyMissing } from "../support/why-missing.ts";

check({
  id: "CAT-02/catalogue-equals-upstreams",
  requirements: ["CAT-02"],
  title: "the catalogue holds exactly the tools that the upstreams offer directly, each with its server's prefix",
  needs: ["gateway"],
  async run({ gateway, evidence }) {
    const { offered, direct } = await listings(gateway, evidence);
    for (const { name, location, tools } of direct) {
      const meant = gateway.policy.upstreams.find((one) => one.name === name)?.tools ?? [];
      const missing = meant.filter((tool) => !tools.some((one) => one.name === tool));
      if (missing.length === 0 && tools.length > 0) continue;
      throw new CheckFailure({
        summary: `the upstream ${name}, asked directly, does not offer what the policy demands`,
        evidence: { received: `${tools.length} tools; missing: ${missing.join(", ") || "all of them"}` },
        cause: "another version of the upstream than the policy was written for",
        location,
      });
    }

    const expected = direct.flatMap(({ name, tools }) => tools.map((tool) => catalogueName(name, tool.name))).sort();
    const found = offered.map(({ name }) => name).sort();
    const missing = expected.filter((name) => !found.includes(name));
    const extra = found.filter((name) => !expected.includes(name));
    const twice = found.filter((name, index) => found.indexOf(name) !== index);
    await evidence.keep(
      "catalogue.json",
      JSON.stringify(
        { throughGateway: offered, direct: Object.fromEntries(direct.map(({ name, tools }) => [name, tools])) },
        null,
        2,
      ),
    );
    if (missing.length + extra.length + twice.length > 0) {
      const silent = direct.filter(({ name }) => !found.some((tool) => tool.startsWith(catalogueName(name, ""))));
      throw new CheckFailure({
        summary: `the catalogue has ${found.length} tools where the upstreams offer ${expected.length}`,
        evidence: {
          sent: `tools/list at ${gateway.url(gateway.policy.mcp.endpoint)}`,
          received: [
            ...missing.map((name) => `- ${name} (missing)`),
            ...extra.map((name) => `+ ${name} (not an upstream's)`),
            ...twice.map((name) => `! ${name} (twice)`),
          ].join("\n"),
        },

        cause: await whyMissing(
          gateway,
          silent.map(({ name }) => name),
        ),
        ...(silent[0] === undefined ? {} : { location: silent[0].location }),
      });
    }
    const counts = direct.map(({ name, tools }) => `${tools.length} of ${name}`).join(", ");
    evidence.finding(`The catalogue holds ${found.length} tools, exactly those that the upstreams offer: ${counts}.`);
  },
});

check({
  id: "CAT-03/description-and-input-schema",
  requirements: ["CAT-03"],
  title: "each tool's description and input schema equal the upstream's",
  needs: ["gateway"],
  async run({ gateway, evidence }) {
    const { offered, direct } = await listings(gateway, evidence);
    compareTools(offered, direct, ["description", "inputSchema"], "LiteLLM changes what it hands on");
  },
});

check({
  id: "CAT-03/title-annotations-output-schema",
  requirements: ["CAT-03"],
  title: "each tool's title, annotations and output schema equal the upstream's",
  needs: ["gateway"],
  async run({ gateway, evidence }) {
    const { offered, direct } = await listings(gateway, evidence);
    compareTools(
      offered,
      direct,
      ["title", "annotations", "outputSchema"],
      "LiteLLM makes a new tool of name, description and input schema alone",
    );
  },
});

check({
  id: "CAT-03/valid-input-schemas",
  requirements: ["CAT-03"],
  title: "each input schema is valid JSON Schema of type object",
  needs: ["gateway"],
  async run({ gateway, evidence }) {
    const { offered } = await listings(gateway, evidence);
    if (offered.length === 0)
      throw new CheckFailure({ summary: "the catalogue is empty: there is no schema to judge" });
    const broken = offered.flatMap(({ name, inputSchema }) => {
      const fault = inputSchema.type === "object" ? schemaFault(inputSchema) : `its type is ${inputSchema.type}`;
      return fault === undefined ? [] : [`${name}: ${fault}`];
    });
    if (broken.length > 0) {
      throw new CheckFailure({
        summary: `${broken.length} of ${offered.length} tools have no valid input schema`,
        evidence: { received: broken.join("\n") },
        cause: "the upstream was installed with a library that its version does not know (zod 4 under an old SDK)",
      });
    }
  },
});

/** Why a schema is none; JSON Schema 2020-12 where it names no dialect (MCP 2025-11-25, tools). */
function schemaFault(schema: Record<string, unknown>): string | undefined {
  const draft7 = String(schema.$schema ?? "").includes("draft-07");
  const ajv = draft7 ? new Ajv({ strict: false }) : new Ajv2020({ strict: false });
  return ajv.validateSchema(schema) === true ? undefined : ajv.errorsText(ajv.errors);
}
