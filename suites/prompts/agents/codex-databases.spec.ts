import { CheckFailure } from "../../../helpers/checks/check-failure.ts";
import { check } from "../../runner/check.ts";
import { codexTurn, expectCanary, turnEvidence } from "../support/codex-turn.ts";
import { databaseTool } from "../support/policy-lookup.ts";

check({
  id: "PROMPT-01/list-databases",
  requirements: ["PROMPT-01"],
  title: "Codex, asked to list the PostgreSQL databases, calls the Postgres tool and answers with the existing ones",
  needs: ["gateway", "canaries", "commands", "part-logs", "scripted-model"],
  async run({ gateway, evidence }) {
    const { tool, upstream } = databaseTool(gateway);
    const { agent, turn } = await codexTurn(gateway, evidence, {
      name: "list-databases",
      prompt: "List my PostgreSQL databases",
      turns: (token) => [
        // A column's value, so that Postgres logs the token: its restricted mode removes comments.
        {
          call: [{ tool, arguments: { sql: `SELECT datname, '${token}' AS asked FROM pg_database ORDER BY datname` } }],
        },
        { say: { from: "tool-results", template: "Your PostgreSQL databases:\n{results}" } },
      ],
    });
    const call = await agent.expectCall(turn, tool);
    expectCanary(turn, call, gateway.canaries.database, {
      location: upstream.location,
      cause: "the upstream queries another database server than this run's",
    });
    const log = await gateway.log("postgres");
    if (!log.includes(agent.token)) {
      throw new CheckFailure({
        summary: "Postgres's own log does not contain the query",
        code: "query-not-logged",
        expected: `a logged query with ${agent.token}`,
        actual: "no such query",
        evidence: turnEvidence(turn),
        cause: "the result does not come from this run's Postgres",
        location: upstream.location,
      });
    }
    evidence.finding(
      `Codex called ${call.tool} through ${agent.config.mcpUrl} and answered with the run's canary database; ` +
        `Postgres logged the query. Transcript: ${turn.path}.`,
    );
  },
});
