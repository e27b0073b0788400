import { readTranscript } from "../../../helpers/agents/codex-transcript.ts";
import { CheckFailure } from "../../../helpers/checks/check-failure.ts";
import { redact, secretsIn } from "../../../helpers/core/text/redaction.ts";
import { check } from "../../runner/check.ts";
import { databaseTool } from "../support/client-of.ts";
import { aimOf, keysOf } from "../support/codex-config.ts";
import { codexTurn, told } from "../support/codex-turn.ts";

/** A result that no client may cut in what it keeps, in characters. */
const longResult = 100_000;

check({
  id: "PROMPT-02/complete-transcript",
  requirements: ["PROMPT-02"],
  title:
    "the transcript of a turn with a long result is kept complete, for machines and for people, and free of secrets",
  needs: ["gateway", "canaries"],
  async run({ gateway, evidence }) {
    const { tool } = databaseTool(gateway);
    const { agent, turn } = await codexTurn(gateway, evidence, {
      name: "long-result",
      prompt: "Show me a long result",
      turns: (token) => [
        {
          call: [
            { tool, arguments: { sql: `SELECT repeat('long ', ${longResult / 5}) || 'ends with ${token}' AS text` } },
          ],
        },
        { say: "It is long." },
      ],
    });
    const call = await agent.mustHaveCalled(turn, tool);
    const end = `ends with ${agent.token}`;
    if (call.resultText.length < longResult || !call.resultText.includes(end)) {
      throw new CheckFailure({
        ...told({ ...turn, transcript: { ...turn.transcript, messages: [] } }),
        summary: `of a result of ${longResult} characters ${call.resultText.length} arrived at Codex`,
        cause: "something between cuts long results",
      });
    }
    const [events, text] = await Promise.all(
      [turn.path.replace(/\.md$/, ".jsonl"), turn.path].map((path) => evidence.read(path)),
    );
    const secrets = gateway.canaries.secrets;
    const kept = readTranscript(events ?? "");
    const { key } = aimOf(agent.config, keysOf(gateway, agent.config));
    const faults = [
      ...(kept.events.length === turn.transcript.events.length && kept.errors.length === turn.transcript.errors.length
        ? []
        : [`${kept.events.length} of ${turn.transcript.events.length} events are kept as JSON lines`]),
      ...(kept.toolCalls[0]?.resultText === redact(call.resultText, secrets)
        ? []
        : ["the tool's result is not kept whole"]),
      ...[turn.prompt, tool, end, ...turn.transcript.messages]
        .filter((part) => !text?.includes(part))
        .map((part) => `the readable transcript lacks "${part}"`),
      ...secretsIn(`${events}${text}`, secrets).map((name) => `the transcript holds ${name}`),
    ];
    if (faults.length > 0) throw new CheckFailure({ ...told(turn), summary: faults.join("; ") });

    // The same way into the report, with a secret in it: it must come out as its name.
    const path = await evidence.keepTranscript("with-a-key.md", `The user pasted ${key} here.\n`);
    const redacted = await evidence.read(path);
    if (redacted.includes(key) || !/pasted ‹\w+› here/.test(redacted))
      throw new CheckFailure({ summary: "a key in a transcript is kept as it is", evidence: { received: redacted } });
    evidence.finding(
      `A result of ${call.resultText.length} characters arrived whole; the transcript is kept as events and as text, with names in the place of secrets: ${turn.path}.`,
    );
  },
});
