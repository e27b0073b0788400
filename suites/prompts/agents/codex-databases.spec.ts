import { CheckFailure } from "../../../helpers/checks/check-failure.ts";
import { check } from "../../runner/check.ts";
import { databaseTool } from "../support/client-of.ts";
import { codexTurn, told } from "../support/codex-turn.ts";

check({
  id: "PROMPT-01/list-databases",
  requirements: ["PROMPT-01"],
  title: "Codex, asked to list the PostgreSQL databases, calls the Postgres tool and answers with the existing ones",
  needs: ["gateway", "canaries", "part-logs"],
  async run({ gateway, evidence }) {
    const { tool } = databaseTool(gateway);
    const { agent, turn } = await evidence.phase("floor: Codex turn", () =>
      codexTurn(gateway, evidence, {
        name: "list-databases",
        prompt: "List my PostgreSQL databases",
        turns: (token) => [
          // The token comes back in the database's own log, as a column's value: comments don't survive restricted mode.
          {
            call: [
              { tool, arguments: { sql: `SELECT datname, '${token}' AS asked FROM pg_database ORDER BY datname` } },
            ],
          },
          { say: { from: "tool-results", template: "Your PostgreSQL databases:\n{results}" } },
        ],
      }),
    );
    const call = await agent.mustHaveCalled(turn, tool);
    const { database } = gateway.canaries;
    const answer = turn.transcript.messages.at(-1) ?? "";
    if (!call.resultText.includes(database) || !answer.includes(database)) {
      throw new CheckFailure({
        ...told(turn),
        summary: `the canary database ${database} is not in ${call.resultText.includes(database) ? "the answer" : "the tool's result"}`,
        cause: "the upstream asks another database server than this run's",
      });
    }
    const log = await gateway.log("postgres");
    if (!log.includes(agent.token)) {
      throw new CheckFailure({
        ...told(turn),
        summary: "Postgres's own log does not show the query",
        cause: "the answer came from elsewhere",
      });
    }
    evidence.finding(
      `Codex called ${call.tool} through ${agent.config.mcpUrl} and answered with the run's canary database; ` +
        `Postgres logged the query. Transcript: ${turn.path}.`,
    );
  },
});
