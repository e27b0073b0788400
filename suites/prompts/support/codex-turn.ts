import { randomUUID } from "node:crypto";
import type { GatewayTarget } from "../../../containers/targets/needs.ts";
import type { JournalEntry, Turn } from "../../../containers/targets/scripted-model.ts";
import { type Diagnosis, diagnose, isNameOf } from "../../../helpers/agents/agent-diagnosis.ts";
import {
  readTranscript,
  type ToolCall,
  type Transcript,
  transcriptMarkdown,
} from "../../../helpers/agents/codex-transcript.ts";
import { CheckFailure, type FailureStory } from "../../../helpers/checks/check-failure.ts";
import { deadlines } from "../../../helpers/core/deadlines.ts";
import type { Evidence } from "../../runner/evidence.ts";
import { aimOf, type CodexConfig, codexConfig, keysOf, lineOf } from "./codex-config.ts";
import { gatewayAnswers } from "./gateway-answers.ts";

/** One turn of the real Codex CLI. */
export interface CodexTurn {
  prompt: string;
  transcript: Transcript;
  exitCode: number;
  /** Codex's events as they came, one a line. */
  stdout: string;
  stderr: string;
  /** What the scripted model was asked in this turn, and what it answered. */
  journal: JournalEntry[];
  /** Path of the readable transcript, relative to the run's directory; the events lie beside it. */
  path: string;
}

export interface AgentOptions {
  /** What the scripted model says; gets the token, to put into what it calls. */
  turns: (token: string) => Turn[];
  /** What is otherwise in the copy of the deployment's config that Codex gets. */
  config?: (text: string) => string;
  /** In place of the run's keys. */
  key?: string;
}

/** Codex on a machine that knows the deployment's `config.toml` and its key, and nothing else. */
export class CodexAgent {
  /** Correlates Codex, the model and the database; stands in the agent's AGENTS.md. */
  readonly token: string;
  readonly config: CodexConfig;
  readonly #gateway: GatewayTarget;
  readonly #evidence: Evidence;
  readonly #keys: Readonly<Record<string, string>>;
  #asked = 0;

  private constructor(
    gateway: GatewayTarget,
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
   * Sets a machine's home up, and tells the model what to say.
   *
   * @throws {CheckFailure} when the deployment names no Codex client, or the client's key is none of the policy's secrets
   */
  static async start(gateway: GatewayTarget, evidence: Evidence, options: AgentOptions): Promise<CodexAgent> {
    const config = await codexConfig(gateway, options.config);
    const { key } = options;
    const keys =
      key === undefined
        ? keysOf(gateway, config)
        : Object.fromEntries(config.keyVariables.map((variable) => [variable, key]));
    const token = `turn-${randomUUID()}`;
    const agent = new CodexAgent(gateway, evidence, config, keys, token);
    await Promise.all([
      gateway.model.script(token, { includes: token, turns: options.turns(token) }),
      gateway.write("codex", `${agent.#home}/.codex/config.toml`, config.text),
      gateway.write("codex", `${agent.#home}/work/AGENTS.md`, `This conversation is ${token}.\n`),
    ]);
    return agent;
  }

  /** Tells the model what to say from now on. */
  async nowSays(turns: Turn[]): Promise<void> {
    await this.#gateway.model.script(this.token, { includes: this.token, turns });
  }

  /** Below no temporary directory: Codex refuses to put its helpers there, and says so in every turn. */
  get #home(): string {
    return `/home/${this.token}`;
  }

  /**
   * Runs `codex exec`.
   *
   * @param name of the transcript's files
   * @param options.thread goes on with that one
   * @param options.environment beside the keys
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
    const { exitCode, stdout, stderr, took } = await this.#evidence.phase(`Codex turn ${name}`, () =>
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
    return { prompt, transcript, exitCode, stdout, stderr, journal, path };
  }

  /** Why a turn brought no result of a tool, the gateway having been asked; undefined when it did. */
  async diagnosis(turn: CodexTurn, tool: string): Promise<Diagnosis | undefined> {
    return diagnose({
      tool,
      transcript: turn.transcript,
      stderr: turn.stderr,
      journal: turn.journal,
      gateway: await gatewayAnswers(this.#gateway, aimOf(this.config, this.#keys)),
    });
  }

  /**
   * The tool's call that came back; the turn as a whole must have ended well.
   *
   * @throws {CheckFailure} with the diagnosis
   */
  async mustHaveCalled(turn: CodexTurn, tool: string): Promise<ToolCall> {
    const call = turn.transcript.toolCalls.find((one) => one.status === "completed" && isNameOf(one.tool, tool));
    if (call === undefined) {
      const diagnosis = await this.diagnosis(turn, tool);
      throw new CheckFailure({
        ...told(turn),
        summary: `Codex completed no call of ${tool}`,
        cause: diagnosis?.sentence ?? "the call did not come back",
        location: lineOf(this.config, "url ="),
      });
    }
    if (turn.transcript.turn !== "completed" || turn.exitCode !== 0)
      throw new CheckFailure({ ...told(turn), summary: "the turn did not complete" });
    return call;
  }
}

/** One turn of an agent of its own. */
export async function codexTurn(
  gateway: GatewayTarget,
  evidence: Evidence,
  { name, prompt, ...options }: AgentOptions & { name: string; prompt: string },
): Promise<{ agent: CodexAgent; turn: CodexTurn }> {
  const agent = await CodexAgent.start(gateway, evidence, options);
  return { agent, turn: await agent.ask(name, prompt) };
}

/** What a failure tells of a turn. */
export function told(turn: CodexTurn): Pick<FailureStory, "sent" | "received"> {
  const { transcript } = turn;
  return {
    sent: `codex exec --json "${turn.prompt}"`,
    received: [
      `exit code ${turn.exitCode}, turn ${transcript.turn ?? "without end"}`,
      ...transcript.toolCalls.map((call) => `${call.server}.${call.tool}: ${call.status} ${call.error ?? ""}`),
      ...transcript.errors,
      ...transcript.messages,
      turn.stderr.trim().split("\n").slice(-3).map(shortened).join("\n"),
      `transcript: ${turn.path}`,
    ].join("\n"),
  };
}

/** Codex quotes whole type names of its own. */
const longestLine = 400;

function shortened(line: string): string {
  return line.length > longestLine ? `${line.slice(0, longestLine)}…` : line;
}
