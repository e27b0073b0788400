import { CheckFailure } from "../../../helpers/checks/check-failure.ts";
import { check } from "../../runner/check.ts";
import { listings } from "../support/listings.ts";

/** What the strictest model providers take for a tool's name. */
const acceptedName = /^[a-zA-Z0-9_-]{1,64}$/;

/** A rule of thumb of the model providers: English text and JSON have about four characters a token. */
const charactersPerToken = 4;

check({
  id: "CAT-21/client-limits",
  requirements: ["CAT-21"],
  title: "the catalogue keeps to every client's limits: names, schemas, and the policy's budget",
  needs: ["gateway"],
  async run({ gateway, evidence }) {
    const { offered } = await listings(gateway, evidence);
    if (offered.length === 0) throw new CheckFailure({ summary: "the catalogue is empty: there is nothing to take" });
    const names = offered.map(({ name }) => name);
    const faults = [
      ...names
        .filter((name) => !acceptedName.test(name))
        .map((name) => `${name}: not 1 to 64 of a-z, A-Z, 0-9, _ and -`),
      ...names.filter((name, index) => names.indexOf(name) !== index).map((name) => `${name}: twice`),
      ...offered.flatMap(({ name, inputSchema }) =>
        ["anyOf", "oneOf", "allOf"]
          .filter((union) => union in inputSchema)
          .map((union) => `${name}: its input schema begins with ${union}`),
      ),
    ];
    if (faults.length > 0) {
      throw new CheckFailure({
        summary: `${faults.length} tools are more than some client takes`,
        evidence: { received: faults.join("\n") },
        cause: "a long server name before a long tool name, or an upstream's own naming",
      });
    }
    const tokens = Math.ceil(JSON.stringify(offered).length / charactersPerToken);
    const { budget } = gateway.policy.mcp;
    const told = `${offered.length} tools, about ${tokens} tokens in every request of a client that sends all of them`;
    evidence.finding(
      budget === undefined
        ? `The catalogue is ${told}; the policy has no budget for it (mcp.budget).`
        : `The catalogue is ${told}; the policy allows ${budget.tools} tools and ${budget.tokens} tokens.`,
    );
    if (budget === undefined || (offered.length <= budget.tools && tokens <= budget.tokens)) return;
    throw new CheckFailure({
      summary: `the catalogue is ${told}: more than the policy allows`,
      evidence: { received: `${budget.tools} tools and ${budget.tokens} tokens are allowed` },
      cause: "an upstream was added, or grew: give clients paths or keys for the servers that they need",
      location: budget.location,
    });
  },
});
