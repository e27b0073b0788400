import { check } from "../../runner/check.ts";
import { codexTurn, expectCanary } from "../support/codex-turn.ts";
import { databaseTool, fileTool } from "../support/policy-lookup.ts";

check({
  id: "PROMPT-03/two-upstreams-in-one-turn",
  requirements: ["PROMPT-03"],
  title: "Codex reads a canary file and queries the database in one turn, with a tool of each upstream",
  needs: ["gateway", "canaries", "commands", "scripted-model"],
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
    const { canaries } = gateway;
    const fileRead = await agent.expectCall(turn, file.tool);
    expectCanary(turn, fileRead, canaries.file.content, { location: file.upstream.location });
    const databasesListed = await agent.expectCall(turn, database.tool);
    expectCanary(turn, databasesListed, canaries.database, { location: database.upstream.location });
    evidence.finding(
      `In one turn, Codex read the canary file with ${file.tool} and queried the database with ${database.tool}. Transcript: ${turn.path}.`,
    );
  },
});
