import { CheckFailure } from "../../../helpers/checks/check-failure.ts";
import { check } from "../../runner/check.ts";
import { databaseTool, fileTool } from "../support/client-of.ts";
import { CodexAgent, told } from "../support/codex-turn.ts";

check({
  id: "PROMPT-11/second-turn",
  requirements: ["PROMPT-11"],
  title: "a second turn of a thread knows what the first one's tools returned, and calls again",
  needs: ["gateway", "canaries"],
  async run({ gateway, evidence }) {
    const { database, file } = gateway.canaries;
    const { tool } = databaseTool(gateway);
    const reading = fileTool(gateway);
    const agent = await CodexAgent.start(gateway, evidence, {
      turns: () => [
        { call: [{ tool, arguments: { sql: "SELECT datname FROM pg_database" } }] },
        { say: { from: "tool-results" } },
      ],
    });
    const first = await agent.ask("thread-1", "List my PostgreSQL databases");
    await agent.mustHaveCalled(first, tool);
    const thread = first.transcript.threadId;
    if (thread === undefined) throw new CheckFailure({ ...told(first), summary: "Codex began no thread" });

    await agent.nowSays([
      { call: [{ tool: reading.tool, arguments: { path: reading.path } }] },
      { say: { from: "tool-results" } },
    ]);
    const second = await agent.ask("thread-2", `And what is in ${file.name}?`, { thread });
    await agent.mustHaveCalled(second, reading.tool);
    const [asked] = second.journal;
    const faults = [
      ...(second.transcript.threadId === thread ? [] : [`it is another thread: ${second.transcript.threadId}`]),
      ...(JSON.stringify(asked?.body ?? {}).includes(database)
        ? []
        : ["the model was not given what the first turn's tool returned"]),
      ...(second.transcript.messages.at(-1)?.includes(file.content)
        ? []
        : ["the answer lacks the second turn's canary"]),
    ];
    if (faults.length > 0)
      throw new CheckFailure({ ...told(second), summary: `the thread does not go on: ${faults.join("; ")}` });
    evidence.finding(
      `A thread of two turns: the second one's model was given the first one's result. Transcripts: ${first.path}, ${second.path}.`,
    );
  },
});
