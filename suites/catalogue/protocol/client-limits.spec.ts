import type { Tool } from "@modelcontextprotocol/sdk/types.js";
import { CheckFailure } from "../../../helpers/checks/check-failure.ts";
import { check } from "../../runner/check.ts";
import { someOfferedTools } from "../support/listings.ts";

/** The names of tools that the strictest model providers accept. */
const acceptedName = /^[a-zA-Z0-9_-]{1,64}$/;

/** A rule of thumb of the model providers: English text and JSON have about four characters per token. */
const charactersPerToken = 4;

check({
  id: "CAT-21/client-limits",
  requirements: ["CAT-21"],
  title: "the catalogue keeps to every client's limits: names, schemas, and the policy's budget",
  needs: ["gateway"],
  async run({ gateway, evidence }) {
    const offered = await someOfferedTools(gateway);
    const faults = limitFaults(offered);
    if (faults.length > 0) {
      throw new CheckFailure({
        summary: "some clients do not accept the catalogue",
        code: "client-limit",
        expected: "unique names of at most 64 characters, and input schemas without a union at the top",
        actual: `${faults.length} violation(s): ${faults[0]}`,
        cause: "a long server name before a long tool name, or an upstream's own names and schemas",
        evidence: { received: faults.join("\n") },
      });
    }
    const tokens = Math.ceil(JSON.stringify(offered).length / charactersPerToken);
    const { budget } = gateway.policy.mcp;
    const size = `${offered.length} tools, about ${tokens} tokens in every request of a client that sends all of them`;
    evidence.finding(
      budget === undefined
        ? `The catalogue is ${size}; the policy has no budget for it (mcp.budget).`
        : `The catalogue is ${size}; the policy allows ${budget.tools} tools and ${budget.tokens} tokens.`,
    );
    if (budget === undefined || (offered.length <= budget.tools && tokens <= budget.tokens)) return;
    throw new CheckFailure({
      summary: "the catalogue is larger than the policy allows",
      code: "over-budget",
      expected: `at most ${budget.tools} tools and ${budget.tokens} tokens`,
      actual: `${offered.length} tools and about ${tokens} tokens`,
      cause: "an upstream was added, or offers more than before",
      location: budget.location,
      fix: "give clients paths or keys for the servers that they need, or raise the budget",
    });
  },
});

/** What some client rejects. */
function limitFaults(offered: readonly Tool[]): string[] {
  const names = offered.map(({ name }) => name);
  return [
    ...names.filter((name) => !acceptedName.test(name)).map((name) => `${name}: not 1 to 64 of a-z, A-Z, 0-9, _ and -`),
    ...names.filter((name, index) => names.indexOf(name) !== index).map((name) => `${name}: offered twice`),
    ...offered.flatMap(({ name, inputSchema }) =>
      ["anyOf", "oneOf", "allOf"]
        .filter((union) => union in inputSchema)
        .map((union) => `${name}: its input schema has ${union} at the top`),
    ),
  ];
}
