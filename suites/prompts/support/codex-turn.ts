import { randomUUID } from "node:crypto";
import type { GatewayWith } from "../../../containers/targets/needs.ts";
import type { JournalEntry, Turn } from "../../../containers/targets/rig-access/scripted-model.ts";
import { type Diagnosis, diagnose, isNameOf } from "../../../helpers/agents/agent-diagnosis.ts";
import {
  type AgentToolCall,
  readTranscript,
  type Transcript,
  transcriptMarkdown,
} from "../../../helpers/agents/codex-transcript.ts";
import { CheckFailure, type FailureEvidence } from "../../../helpers/checks/check-failure.ts";
import { deadlines } from "../../../helpers/core/deadlines.ts";
import type { SourceLocation } from "../../../helpers/deployment/types.ts";
import type { Evidence } from "../../runner/evidence.ts";
import { followsCatalogue, followsIdleConnections } from "../../support/needed-checks.ts";
import { accessOf, type CodexConfig, codexConfig, keysOf, lineOf, requireVerifiable } from "./codex-config.ts";
import { type CodexConfigFault, codexConfigFault } from "./codex-config-fault.ts";
import { gatewayAnswers } from "./gateway-answers.ts";

/** What an agent needs: a machine with Codex on it, and the model's script. */
export type AgentGateway = GatewayWith<"commands" | "scripted-model">;

/** One turn of the real Codex CLI. */
export interface CodexTurn {
  prompt: string;
  transcript: Transcript;
  /** Id of the recorded command. */
  command: string;
  exitCode: number;
  /** Codex's events, one per line. */
  stdout: string;
  stderr: string;
  /** The requests to the scripted model in this turn, with its answers. */
  journal: JournalEntry[];
  /** Path of the readable transcript, relative to the run's directory; the events are next to it. */
  path: string;
}

export interface AgentOptions {
  /** What the scripted model answers; the token is for the arguments of its calls. */
  turns: (token: string) => Turn[];
  /** What differs in the copy of the deployment's config that Codex gets. */
  config?: (text: string) => string;
  /** Replaces the run's keys. */
  key?: string;
}

/** Codex on a machine that has the deployment's `config.toml` and its key, and nothing else. */
export class CodexAgent {
  /** Identifies this agent to the model and in the database's log; it is in the agent's AGENTS.md. */
  readonly token: string;
  readonly config: CodexConfig;
  readonly #gateway: AgentGateway;
  readonly #evidence: Evidence;
  readonly #keys: Readonly<Record<string, string>>;
  #asked = 0;

  private constructor(
    gateway: AgentGateway,
    evidence: Evidence,
    config: CodexConfig,
    keys: Readonly<Record<string, string>>,
    token: string,
  ) {
    this.#gateway = gateway;
    this.#evidence = evidence;
    this.config = config;
    this.#keys = keys;
    this.token = token;
  }

  /**
   * Sets up a home directory on the agent's machine, and scripts the model.
   *
   * @throws {CheckFailure} when the client's key is not one of the policy's secrets
   * @throws {NotSupported} when the policy names no Codex client, and when it can't verify the gateway's certificate
   */
  static async start(gateway: AgentGateway, evidence: Evidence, options: AgentOptions): Promise<CodexAgent> {
    const config = await codexConfig(gateway, options.config);
    requireVerifiable(gateway, config);
    const { key } = options;
    const keys =
      key === undefined
        ? keysOf(gateway, config)
        : Object.fromEntries(config.keyVariables.map((variable) => [variable, key]));
    const token = `turn-${randomUUID()}`;
    const agent = new CodexAgent(gateway, evidence, config, keys, token);
    await Promise.all([
      gateway.model.script(token, { includes: token, turns: options.turns(token) }),
      gateway.write("codex", {
        [`${agent.#home}/.codex/config.toml`]: config.text,
        [`${agent.#home}/work/AGENTS.md`]: `This conversation is ${token}.\n`,
      }),
    ]);
    return agent;
  }

  /** Replaces the model's script. */
  async scriptModel(turns: Turn[]): Promise<void> {
    await this.#gateway.model.script(this.token, { includes: this.token, turns });
  }

  /** Not below a temporary directory: Codex refuses to put its helpers there, and reports that in every turn. */
  get #home(): string {
    return `/home/${this.token}`;
  }

  /**
   * Runs `codex exec`.
   *
   * @param name of the transcript's files
   * @param options.thread to resume
   * @param options.environment in addition to the keys
   */
  async ask(
    name: string,
    prompt: string,
    { thread, environment = {} }: { thread?: string | undefined; environment?: Readonly<Record<string, string>> } = {},
  ): Promise<CodexTurn> {
    const command = [
      ...["codex", "exec", "--json", "--skip-git-repo-check"],
      ...(thread === undefined ? [] : ["resume", thread]),
      prompt,
    ];
    const { id, exitCode, stdout, stderr, took } = await this.#evidence.phase(`Codex turn ${name}`, () =>
      this.#gateway.run("codex", command, {
        environment: { HOME: this.#home, CODEX_HOME: `${this.#home}/.codex`, ...this.#keys, ...environment },
        workingDir: `${this.#home}/work`,
        deadline: deadlines.agentTurn,
      }),
    );
    const transcript = readTranscript(stdout);
    const run = { prompt, command: command.join(" "), exitCode, seconds: took / 1000, stderr };
    await this.#evidence.keepTranscript(`${name}.jsonl`, stdout);
    const path = await this.#evidence.keepTranscript(`${name}.md`, transcriptMarkdown(transcript, run));
    const journal = (await this.#gateway.model.journal(this.token)).slice(this.#asked);
    this.#asked += journal.length;
    await this.#evidence.keepTranscript(`${name}.model.json`, JSON.stringify(journal, null, 2));
    return { prompt, transcript, command: id, exitCode, stdout, stderr, journal, path };
  }

  /** Asks the gateway too, to find why a turn has no result of a tool; undefined when it has one. */
  async diagnosis(turn: CodexTurn, tool: string): Promise<Diagnosis | undefined> {
    return diagnose({
      tool,
      transcript: turn.transcript,
      stderr: turn.stderr,
      waits: /^\s*required\s*=\s*true\b/m.test(this.config.text),
      journal: turn.journal,
      gateway: await gatewayAnswers(this.#gateway, accessOf(this.config, this.#keys)),
    });
  }

  /**
   * The likely cause of a turn without a request to the model or without a call, and the line of the client's config: that of the
   * setting which keeps Codex from the model, else the gateway's address.
   *
   * @param otherwise the cause without a diagnosis
   */
  blame(turn: CodexTurn, diagnosis: Diagnosis | undefined, otherwise: string): CodexConfigFault {
    const errors = [turn.stderr, ...turn.transcript.errors].join("\n");
    const fault = diagnosis?.cause === "model-not-reached" ? codexConfigFault(this.config, errors) : undefined;
    return fault ?? { cause: diagnosis?.sentence ?? otherwise, location: lineOf(this.config, "url =") };
  }

  /**
   * The tool's completed call, in a turn that completed as a whole.
   *
   * @throws {CheckFailure} with the diagnosis
   */
  async expectCall(turn: CodexTurn, tool: string): Promise<AgentToolCall> {
    const call = turn.transcript.toolCalls.find((one) => one.status === "completed" && isNameOf(one.tool, tool));
    const evidence = turnEvidence(turn);
    if (call === undefined) {
      const diagnosis = await this.diagnosis(turn, tool);
      throw new CheckFailure({
        summary: `Codex completed no call of ${tool}`,
        code: "no-completed-call",
        expected: `a completed call of ${tool}`,
        actual: callList(turn),
        evidence,
        ...this.blame(turn, diagnosis, "the call did not return"),
        ...(diagnosis?.cause === "catalogue-empty" || diagnosis?.cause === "tool-not-listed" ? followsCatalogue : {}),
        ...(diagnosis?.cause === "bad-gateway" ? followsIdleConnections : {}),
      });
    }
    if (turn.transcript.turn !== "completed" || turn.exitCode !== 0)
      throw new CheckFailure({
        summary: "the turn did not complete",
        code: "incomplete-turn",
        expected: "a completed turn and exit code 0",
        actual: turnEnd(turn),
        evidence,
      });
    return call;
  }
}

/** One turn of a new agent. */
export async function codexTurn(
  gateway: AgentGateway,
  evidence: Evidence,
  { name, prompt, ...options }: AgentOptions & { name: string; prompt: string },
): Promise<{ agent: CodexAgent; turn: CodexTurn }> {
  const agent = await CodexAgent.start(gateway, evidence, options);
  return { agent, turn: await agent.ask(name, prompt) };
}

/**
 * A canary is in a tool's result, and in the turn's answer.
 *
 * @param causes of a result without it: a line of the deployment, and a sentence where one is likely
 * @throws {CheckFailure} saying which of the two lacks it
 */
export function expectCanary(
  turn: CodexTurn,
  { tool, resultText }: AgentToolCall,
  canary: string,
  causes: { location: SourceLocation; cause?: string },
): void {
  const answer = turn.transcript.messages.at(-1) ?? "";
  const isInResult = resultText.includes(canary);
  if (isInResult && answer.includes(canary)) return;
  throw new CheckFailure({
    summary: `${isInResult ? "Codex's answer" : `the result of ${tool}`} does not contain the run's canary`,
    code: isInResult ? "no-canary-in-answer" : "no-canary-in-result",
    expected: `a text with ${canary}`,
    actual: isInResult ? answer || "no answer" : resultText || "an empty result",
    evidence: turnEvidence(turn),
    ...(isInResult ? {} : causes),
  });
}

/** A failure's evidence from a turn, with its command. */
export function turnEvidence(turn: CodexTurn): FailureEvidence {
  const { transcript } = turn;
  return {
    sent: `codex exec --json "${turn.prompt}"`,
    received: [
      turnEnd(turn),
      ...transcript.toolCalls.map((call) => `${call.server}.${call.tool}: ${call.status} ${call.error ?? ""}`),
      ...transcript.errors,
      ...transcript.messages,
      turn.stderr.trim().split("\n").slice(-3).map(shortened).join("\n"),
      `transcript: ${turn.path}`,
    ].join("\n"),
    commands: [turn.command],
  };
}

/** How a turn ended, e.g. `exit code 0, turn completed`. */
export function turnEnd({ exitCode, transcript }: CodexTurn): string {
  return `exit code ${exitCode}, ${transcript.turn === undefined ? "turn without an end" : `turn ${transcript.turn}`}`;
}

function callList({ transcript }: CodexTurn): string {
  const calls = transcript.toolCalls.map(({ tool, status }) => `${tool}: ${status}`);
  return calls.length === 0 ? "no call" : calls.join(", ");
}

/** Codex quotes long type names of its own. */
const longestLine = 400;

function shortened(line: string): string {
  return line.length > longestLine ? `${line.slice(0, longestLine)}…` : line;
}
