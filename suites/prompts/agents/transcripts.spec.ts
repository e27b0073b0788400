import { readTranscript, type Transcript } from "../../../helpers/agents/codex-transcript.ts";
import { CheckFailure } from "../../../helpers/checks/check-failure.ts";
import { redact, secretsIn } from "../../../helpers/core/text/redaction.ts";
import { check } from "../../runner/check.ts";
import type { Evidence } from "../../runner/evidence.ts";
import { accessOf, keysOf } from "../support/codex-config.ts";
import { type CodexTurn, codexTurn, turnEvidence } from "../support/codex-turn.ts";
import { databaseTool } from "../support/policy-lookup.ts";

/** The length of a result that no client may cut in its transcript, in characters. */
const longResult = 100_000;

check({
  id: "PROMPT-02/complete-transcript",
  requirements: ["PROMPT-02"],
  title:
    "the transcript of a turn with a long result is kept complete, for machines and for people, and free of secrets",
  needs: ["gateway", "canaries", "commands", "scripted-model"],
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
    const { resultText } = await agent.expectCall(turn, tool);
    const end = `ends with ${agent.token}`;
    if (resultText.length < longResult || !resultText.includes(end)) {
      throw new CheckFailure({
        summary: "a long result reaches Codex incomplete",
        code: "cut-result",
        expected: `at least ${longResult} characters, with '${end}'`,
        actual: `${resultText.length} characters, ${resultText.includes(end) ? "with it" : "without it"}`,
        evidence: turnEvidence({ ...turn, transcript: { ...turn.transcript, messages: [] } }),
        cause: "LiteLLM or the upstream cuts long results",
      });
    }
    const { secrets } = gateway.canaries;
    const kept = await keptTranscript(evidence, turn);
    const faults = [
      ...differences(turn.transcript, kept.events, redact(resultText, secrets)),
      ...[turn.prompt, tool, end, ...turn.transcript.messages]
        .filter((part) => !kept.text.includes(part))
        .map((part) => `the readable transcript lacks "${part}"`),
      ...secretsIn(`${kept.lines}${kept.text}`, secrets).map((name) => `the transcript contains ${name}`),
    ];
    if (faults.length > 0)
      throw new CheckFailure({
        summary: "the transcript is not kept complete and free of secrets",
        code: "wrong-transcript",
        expected: "every event, the whole result, and names in place of secrets",
        actual: faults.join("; "),
        evidence: turnEvidence(turn),
      });
    const { key } = accessOf(agent.config, keysOf(gateway, agent.config));
    await expectRedacted(evidence, key);
    evidence.finding(
      `A result of ${resultText.length} characters arrived complete; the transcript is kept as events and as text, with names in place of secrets: ${turn.path}.`,
    );
  },
});

interface KeptTranscript {
  /** The events' file as written. */
  lines: string;
  events: Transcript;
  /** The readable transcript. */
  text: string;
}

async function keptTranscript(evidence: Evidence, { path }: CodexTurn): Promise<KeptTranscript> {
  const [lines, text] = await Promise.all([evidence.read(path.replace(/\.md$/, ".jsonl")), evidence.read(path)]);
  return { lines, events: readTranscript(lines), text };
}

function differences(transcript: Transcript, kept: Transcript, result: string): string[] {
  const hasAllEvents =
    kept.events.length === transcript.events.length && kept.errors.length === transcript.errors.length;
  return [
    ...(hasAllEvents ? [] : [`${kept.events.length} of ${transcript.events.length} events are kept as JSON lines`]),
    ...(kept.toolCalls[0]?.resultText === result ? [] : ["the tool's result is kept incomplete"]),
  ];
}

/** A transcript with a key in it, kept the same way, has the key's name in its place. */
async function expectRedacted(evidence: Evidence, key: string): Promise<void> {
  const path = await evidence.keepTranscript("with-a-key.md", `The user pasted ${key} here.\n`);
  const redacted = await evidence.read(path);
  if (!redacted.includes(key) && /pasted ‹\w+› here/.test(redacted)) return;
  throw new CheckFailure({
    summary: "a transcript is kept with a key in it",
    code: "key-kept",
    expected: "the key's name in place of the key",
    actual: redacted,
  });
}
