import { CheckFailure } from "../../../helpers/checks/check-failure.ts";
import { check } from "../../runner/check.ts";
import { CodexAgent, turnEnd, turnEvidence } from "../support/codex-turn.ts";
import { canaryCalls, exampleCause } from "../support/policy-lookup.ts";

check({
  id: "PROMPT-11/second-turn",
  requirements: ["PROMPT-11"],
  title: "in the second turn of a thread, the model has the first turn's results and Codex calls tools again",
  needs: ["gateway", "canaries", "commands", "scripted-model"],
  async run({ gateway, evidence }) {
    // With one upstream only, the second turn makes the same call again.
    const [begun, continued = begun] = canaryCalls(gateway);
    const agent = await CodexAgent.start(gateway, evidence, {
      turns: () => [{ call: [begun.call] }, { say: { from: "tool-results" } }],
    });
    const first = await agent.ask("thread-1", "Use the first tool");
    await agent.expectCall(first, begun.call.tool);
    const thread = first.transcript.threadId;
    if (thread === undefined)
      throw new CheckFailure({
        summary: "Codex started no thread",
        code: "no-thread",
        expected: "a thread.started event",
        actual: `none (${turnEnd(first)})`,
        evidence: turnEvidence(first),
      });

    await agent.scriptModel([{ call: [continued.call] }, { say: { from: "tool-results" } }]);
    const second = await agent.ask("thread-2", "And now the second one", { thread });
    await agent.expectCall(second, continued.call.tool);
    const [asked] = second.journal;
    const faults = [
      ...(second.transcript.threadId === thread ? [] : [`the thread is ${second.transcript.threadId}`]),
      ...(JSON.stringify(asked?.body ?? {}).includes(begun.canary)
        ? []
        : ["the model did not get the first turn's result"]),
      ...(second.transcript.messages.at(-1)?.includes(continued.canary)
        ? []
        : ["the answer does not contain the second turn's canary"]),
    ];
    if (faults.length > 0)
      throw new CheckFailure({
        summary: "the second turn does not continue the thread",
        code: "thread-not-continued",
        expected: `thread ${thread}, with the first turn's result for the model and the second turn's canary in the answer`,
        actual: faults.join("; "),
        evidence: turnEvidence(second),
        ...exampleCause(begun),
      });
    evidence.finding(
      `A thread of two turns: in the second, the model had the first one's result. Transcripts: ${first.path}, ${second.path}.`,
    );
  },
});
