import { randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";
import { parse } from "smol-toml";
import type { Gateway } from "../../containers/gateway.ts";
import { CheckFailure } from "../../helpers/check-failure.ts";
import { readTranscript, type Transcript, transcriptMarkdown } from "../../helpers/codex.ts";
import { deadlines } from "../../helpers/deadlines.ts";
import type { JournalEntry, Turn } from "../../helpers/scripted-model.ts";
import type { Evidence } from "../conformance.ts";

/** One turn of the real Codex CLI, on a machine that knows the deployment's config and a key, and nothing else. */
export interface CodexTurn {
  /** Correlates Codex, the model and the database; stands in the agent's AGENTS.md. */
  token: string;
  transcript: Transcript;
  exitCode: number;
  stderr: string;
  /** What the scripted model was asked, and what it answered. */
  journal: JournalEntry[];
  /** Path of the readable transcript, relative to the run's directory. */
  path: string;
}

/**
 * Runs `codex exec` with the deployment's own `config.toml`.
 *
 * @param turns what the scripted model says; gets the token, to put into what it calls
 * @throws {CheckFailure} when the deployment names no Codex client, or the client's key is none of the policy's secrets
 */
export async function codexTurn(
  gateway: Gateway,
  evidence: Evidence,
  options: { name: string; prompt: string; turns: (token: string) => Turn[] },
): Promise<CodexTurn> {
  const client = gateway.policy.clients.find(({ kind }) => kind === "codex");
  if (client === undefined)
    throw new CheckFailure({ what: "the policy names no Codex client", likelyCause: "policy.yaml: clients" });
  const config = await readFile(client.config, "utf8");
  const token = `turn-${randomUUID()}`;
  const home = `/tmp/${token}`;
  await Promise.all([
    gateway.model.script(token, { includes: token, turns: options.turns(token) }),
    gateway.write("codex", `${home}/.codex/config.toml`, config),
    gateway.write("codex", `${home}/work/AGENTS.md`, `This conversation is ${token}.\n`),
  ]);
  const command = ["codex", "exec", "--json", "--skip-git-repo-check", options.prompt];
  const { exitCode, stdout, stderr, took } = await gateway.run("codex", command, {
    environment: { HOME: home, CODEX_HOME: `${home}/.codex`, ...keysOf(gateway, config, client.config) },
    workingDir: `${home}/work`,
    deadline: deadlines.agentTurn,
  });
  const transcript = readTranscript(stdout);
  await evidence.keepTranscript(`${options.name}.jsonl`, stdout);
  const path = await evidence.keepTranscript(
    `${options.name}.md`,
    transcriptMarkdown(transcript, {
      prompt: options.prompt,
      command: command.join(" "),
      exitCode,
      seconds: took / 1000,
    }),
  );
  const journal = await gateway.model.journal(token);
  await evidence.keepTranscript(`${options.name}.model.json`, JSON.stringify(journal, null, 2));
  return { token, transcript, exitCode, stderr, journal, path };
}

/** The variables that Codex's config names for its keys, with this run's values. */
function keysOf(gateway: Gateway, config: string, file: string): Record<string, string> {
  const parsed = parse(config) as {
    model_providers?: Record<string, { env_key?: string }>;
    mcp_servers?: Record<string, { bearer_token_env_var?: string }>;
  };
  const names = [
    ...Object.values(parsed.model_providers ?? {}).map(({ env_key }) => env_key),
    ...Object.values(parsed.mcp_servers ?? {}).map(({ bearer_token_env_var }) => bearer_token_env_var),
  ].filter((name) => name !== undefined);
  return Object.fromEntries(
    [...new Set(names)].map((name) => {
      const value = gateway.canaries.secrets.get(name);
      if (value !== undefined) return [name, value];
      throw new CheckFailure({
        what: `Codex's config takes its key from ${name}, which is none of the policy's secrets`,
        likelyCause: "a typo in the config, or the secret is missing in policy.yaml",
        place: { file, line: config.split("\n").findIndex((line) => line.includes(name)) + 1 },
      });
    }),
  );
}
