import { expect, test } from "vitest";
import type { Patch } from "../../helpers/deployment/source/patched-copy.ts";
import { runBroken, specFiles } from "./broken-deployment.ts";

interface Case {
  name: string;
  breaks: Patch[];
  /** Spec files of suites/prompts. */
  files: string[];
  failed: string[];
  says: Record<string, RegExp>;
}

/** Faults that don't touch each other share a run. */
const cases: Case[] = [
  {
    name: "an agent that does not wait, a chat held back, tools that nobody sent, a key with one right more",
    breaks: [
      // PROMPT-05, PROMPT-09: Codex goes on without its tools.
      { file: "clients/codex/config.toml", find: "required = true\n", replace: "" },
      // PROMPT-06: a chat is handed on when it is whole.
      {
        file: "compose.yaml",
        find: "      traefik.http.routers.litellm-bearer.service: litellm\n",
        replace: [
          "      traefik.http.routers.litellm-bearer.service: litellm",
          "      traefik.http.routers.litellm-chat.entrypoints: web",
          "      traefik.http.routers.litellm-chat.rule: >-",
          "        Host(`litellm.linuxserver.lan`) && Path(`/v1/chat/completions`)",
          '      traefik.http.routers.litellm-chat.priority: "60"',
          "      traefik.http.routers.litellm-chat.middlewares: broken",
          "      traefik.http.routers.litellm-chat.service: litellm",
          '      traefik.http.middlewares.broken.buffering.maxresponsebodybytes: "10000000"',
          "",
        ].join("\n"),
      },
      // PROMPT-07: the model is shown a tool that the chat did not send.
      {
        file: "litellm/config.yaml",
        find: "      model: openai/gpt-5-mini\n",
        replace:
          "      model: openai/gpt-5-mini\n" +
          "      tools: [{ type: function, function: { name: stowaway, parameters: { type: object, properties: {} } } }]\n",
      },
      // PROMPT-08: the key of the UI's poll may use the execution layer.
      {
        file: "litellm/scoped_keys.py",
        find: '(STATUS_ROUTE,), frozenset({"GET"})',
        replace: '(STATUS_ROUTE, "/v1/responses"), frozenset({"GET", "POST"})',
      },
    ],
    files: ["loud-failures", "client-configs", "chat-completions", "execution-layer"],
    failed: ["PROMPT-05", "PROMPT-06", "PROMPT-07", "PROMPT-08", "PROMPT-09"],
    says: {
      "PROMPT-05":
        /Codex ends with 0, and answers without its tools[\s\S]*without required = true[\s\S]*config\.toml:\d+/,
      "PROMPT-06": /the first piece of a chat came when the model had sent its last one/,
      "PROMPT-07": /reached the model with stowaway/,
      "PROMPT-08": /with LITELLM_STATUS_KEY the gateway answers 200/,
      "PROMPT-09": /codex \(codex\): required is not true[\s\S]*config\.toml:\d+/,
    },
  },
  {
    name: "a database that may be written to, a config that hides tools, a gateway that takes any key",
    breaks: [
      // PROMPT-04
      { file: "litellm/config.yaml", find: "--access-mode=restricted", replace: "--access-mode=unrestricted" },
      // PROMPT-10
      {
        file: "clients/codex/config.toml",
        find: "required = true\n",
        replace: 'required = true\nenabled_tools = ["postgres-execute_sql", "filesystem-read_text_file"]\n',
      },
      // PROMPT-15: the cheap model is the dear one.
      { file: "litellm/config.yaml", find: "model: openai/gpt-5-mini", replace: "model: openai/gpt-5" },
      // PROMPT-14: on by default.
      { file: "clients/codex/config.toml", find: "plugins = false\n", replace: "" },
      // PROMPT-13
      {
        file: "litellm/scoped_keys.py",
        find: "caller = _caller_of(api_key)",
        replace: "caller = _caller_of(api_key) or CALLERS[2]",
      },
    ],
    files: ["codex-refusals", "shown-tools", "clients-fail-loudly", "agent-calls-home", "models"],
    failed: ["PROMPT-04", "PROMPT-10", "PROMPT-13", "PROMPT-14", "PROMPT-15"],
    says: {
      "PROMPT-04": /refused write: postgres-execute_sql was not refused/,
      "PROMPT-10": /is shown 2 MCP tools where the catalogue has 23[\s\S]*config\.toml:\d+/,
      "PROMPT-15": /gpt-5-mini asks the provider for gpt-5, not for gpt-5-mini[\s\S]*config\.yaml:\d+/,
      "PROMPT-14": /also tries to reach api\.github\.com:443[\s\S]*config\.toml:\d+/,
      "PROMPT-13": /wrong-key: .*with wrong-key the call brought the canary/,
    },
  },
  {
    name: "a client's key that MCP refuses",
    breaks: [{ file: "litellm/scoped_keys.py", find: '("/mcp", "/mcp/", ', replace: "(" }],
    files: ["codex-databases", "codex-files", "codex-threads", "transcripts", "clients-work"],
    failed: ["PROMPT-01", "PROMPT-02", "PROMPT-03", "PROMPT-11", "PROMPT-12"],
    says: {
      // 1.77.1 turns the refusal into a 500.
      "PROMPT-01":
        /Codex completed no call of postgres-execute_sql[\s\S]*MCP answers 500 to a key that the gateway accepts/,
      "PROMPT-12": /does not get as far as the catalogue, with the client.s key/,
    },
  },
];

/** Before anything starts: a check that has moved is told at once. */
const runs = cases.map(({ files, ...rest }) => ({ ...rest, files: specFiles(files, rest.failed) }));

test.for(runs)("$name: each fault fails its requirement and no other", async ({ breaks, files, failed, says }) => {
  const run = await runBroken(breaks, files);
  expect(run.failed, run.output).toEqual(failed);
  expect(run.exitCode).toBe(1);
  for (const [id, pattern] of Object.entries(says)) expect(run.messages[id]).toMatch(pattern);
});
