import { CheckFailure } from "../../../helpers/checks/check-failure.ts";
import { check } from "../../runner/check.ts";
import { databaseTool, fileTool } from "../support/client-of.ts";
import { codexTurn, told } from "../support/codex-turn.ts";

check({
  id: "PROMPT-03/two-upstreams-in-one-turn",
  requirements: ["PROMPT-03"],
  title: "Codex reads a canary file and queries the database in one turn, with a tool of each upstream",
  needs: ["gateway", "canaries"],
  async run({ gateway, evidence }) {
    const database = databaseTool(gateway);
    const file = fileTool(gateway);
    const { agent, turn } = await codexTurn(gateway, evidence, {
      name: "two-upstreams",
      prompt: `Read ${gateway.canaries.file.name}, and list my PostgreSQL databases`,
      turns: () => [
        {
          call: [
            { tool: file.tool, arguments: { path: file.path } },
            { tool: database.tool, arguments: { sql: "SELECT datname FROM pg_database ORDER BY datname" } },
          ],
        },
        { say: { from: "tool-results", template: "The file, and the databases:\n{results}" } },
      ],
    });
    const expected = [
      { tool: file.tool, canary: gateway.canaries.file.content, location: file.upstream.location },
      { tool: database.tool, canary: gateway.canaries.database, location: database.upstream.location },
    ];
    const answer = turn.transcript.messages.at(-1) ?? "";
    for (const { tool, canary, location } of expected) {
      const call = await agent.mustHaveCalled(turn, tool);
      if (call.resultText.includes(canary) && answer.includes(canary)) continue;
      throw new CheckFailure({
        ...told(turn),
        summary: `the canary of ${tool} is not in ${call.resultText.includes(canary) ? "the answer" : "its result"}`,
        cause: `the tool said: ${call.resultText}`,
        location,
      });
    }
    evidence.finding(
      `In one turn Codex read the canary file by ${file.tool} and asked the database by ${database.tool}. Transcript: ${turn.path}.`,
    );
  },
});
