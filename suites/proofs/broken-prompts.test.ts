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

/** Independent faults share a run. */
const cases: Case[] = [
  {
    name: "an agent that does not wait, an address of the host without a port, a buffered chat, tools that no client sent, a key with an additional right",
    breaks: [
      // PROMPT-05, PROMPT-09: Codex continues without its tools.
      { file: "clients/codex/config.toml", find: "required = true\n", replace: "" },
      // PROMPT-09: nothing is published at the address, which is the host's own.
      {
        file: "clients/claude/mcp-settings.json",
        find: "http://litellm.linuxserver.lan/mcp/",
        replace: "http://localhost:4001/mcp/",
      },
      // PROMPT-06: a chat is forwarded only when it is complete.
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
      // PROMPT-07: the model is offered a tool that the chat did not send.
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
        /actual: +exit code 0 and an answer without the tools[\s\S]*without required = true[\s\S]*config\.toml:\d+/,
      "PROMPT-06":
        /does not forward the first chunk[\s\S]*actual: +the first chunk after the model had sent the last one/,
      "PROMPT-07": /actual: +a request to the model with stowaway/,
      "PROMPT-08": /the gateway runs a responses request with MCP tools for LITELLM_STATUS_KEY\n[\s\S]*actual: +200/,
      "PROMPT-09":
        /codex \(codex\): required is not true[\s\S]*config\.toml:\d+[\s\S]*claude \(claude\): http:\/\/localhost:4001\/mcp\/: no service publishes port 4001 on the host \(.*4000 is litellm's, [\s\S]*mcp-settings\.json:\d+/,
    },
  },
  {
    name: "a writable database, a config that excludes tools, a gateway that accepts any key",
    breaks: [
      // PROMPT-04
      { file: "litellm/config.yaml", find: "--access-mode=restricted", replace: "--access-mode=unrestricted" },
      // PROMPT-10
      {
        file: "clients/codex/config.toml",
        find: "required = true\n",
        replace: 'required = true\nenabled_tools = ["postgres-execute_sql", "filesystem-read_text_file"]\n',
      },
      // PROMPT-15: the small model is the large one.
      { file: "litellm/config.yaml", find: "model: openai/gpt-5-mini", replace: "model: openai/gpt-5" },
      // PROMPT-14: plugins are on by default.
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
      "PROMPT-10": /expected: +the catalogue's 23 tools\n +actual: +2 MCP tools[\s\S]*config\.toml:\d+/,
      "PROMPT-15":
        /request for gpt-5-mini to the provider\n +actual: +200, and a request for gpt-5 to the provider\n[\s\S]*config\.yaml:\d+/,
      "PROMPT-14":
        /also tries to reach other hosts[\s\S]*actual: +connection attempts to api\.github\.com:443[\s\S]*config\.toml:\d+/,
      "PROMPT-13": /wrong-key: \S.*, wrong-key: the call returned the canary/,
    },
  },
  {
    name: "a client's key that MCP refuses",
    breaks: [{ file: "litellm/scoped_keys.py", find: '("/mcp", "/mcp/", ', replace: "(" }],
    files: ["codex-databases", "codex-files", "codex-threads", "transcripts", "clients-work", "troubled-calls"],
    failed: ["PROMPT-01", "PROMPT-02", "PROMPT-03", "PROMPT-11", "PROMPT-12", "PROMPT-16"],
    says: {
      // 1.77.1 turns the refusal into a 500.
      "PROMPT-01":
        /Codex completed no call of postgres-execute_sql[\s\S]*MCP answers 500 to a key that \/v1\/models accepts/,
      "PROMPT-12": /gets no catalogue with the client's key/,
      "PROMPT-16": /failed in 18 of 18 cases[\s\S]*the client makes no call\n.*\n +actual: +no list of tools/,
    },
  },
];

/** Resolved before a run starts, so that a moved check fails immediately. */
const runs = cases.map(({ files, ...rest }) => ({ ...rest, files: specFiles(files, rest.failed) }));

test.for(runs)("$name: exactly the requirements of the faults fail", async ({ breaks, files, failed, says }) => {
  const run = await runBroken(breaks, files);
  expect(run.failed, run.output).toEqual(failed);
  expect(run.exitCode).toBe(1);
  for (const [id, pattern] of Object.entries(says)) expect(run.messages[id]).toMatch(pattern);
});
