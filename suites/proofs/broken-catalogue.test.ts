import { expect, test } from "vitest";
import type { Patch } from "../../helpers/deployment/source/patched-copy.ts";
import { type BrokenRun, lineOf, runBroken, specFiles } from "./broken-deployment.ts";

const compose = (find: string, replace: string): Patch => ({ file: "compose.yaml", find, replace });

/** Adds Python to the operator's key module, which LiteLLM runs: faults of LiteLLM itself can be made only there. */
const inLiteLLM = (code: string): Patch => ({
  file: "litellm/scoped_keys.py",
  find: "server_scope = ServerScope()\n",
  replace: `server_scope = ServerScope()\n\n${code}`,
});

/** On 1.77.1. What its known gaps account for fails without them, and so needs no break. */
const breaks: Patch[] = [
  { file: "known-gaps.yaml", remove: true },
  // CAT-09: LiteLLM does not know that it is behind https.
  compose('FORWARDED_ALLOW_IPS: "*"', 'FORWARDED_ALLOW_IPS: "127.0.0.1"'),
  // CAT-14: the allowed directory is wider than the policy says.
  { file: "litellm/config.yaml", find: "args: [/srv/mcp-files]", replace: "args: [/srv]" },
  // CAT-15
  { file: "litellm/config.yaml", find: "--access-mode=restricted", replace: "--access-mode=unrestricted" },
  // CAT-16: a scoped key can call other servers' tools.
  { file: "litellm/scoped_keys.py", find: "if server not in caller.servers:", replace: "if False:" },
  // CAT-21
  { file: "policy.yaml", find: "budget: { tools: 40,", replace: "budget: { tools: 4," },
  inLiteLLM(`
import os
from litellm.proxy._experimental.mcp_server import mcp_server_manager, rest_endpoints
from litellm.proxy._experimental.mcp_server import server as mcp_server
from starlette.responses import PlainTextResponse

_manager = mcp_server_manager.MCPServerManager
_listed, _called = _manager._create_prefixed_tools, _manager.call_tool
# LiteLLM runs this module more than once per boot: the start time of the container's first process identifies a boot.
_boot = open("/proc/1/stat").read().split()[21]
if not os.path.exists("/tmp/booted"):
    open("/tmp/booted", "w").write(_boot)
_booted_before = open("/tmp/booted").read() != _boot


# CAT-03, and CAT-20: after a restart a server's tools are gone.
def _list_otherwise(self, tools, server):
    made = _listed(self, tools, server)
    for tool in made:
        tool.description = f"{tool.description}!"
        # CAT-28: an array of anything.
        if tool.name == "filesystem-read_multiple_files":
            tool.inputSchema = {"type": "object", "properties": {"paths": {"type": "array"}}}
    return [] if _booted_before and server.name == "filesystem" else made


# CAT-04, and CAT-13: a later call gets the answer to an earlier one.
_answers = {}


async def _call_otherwise(self, name, arguments, **rest):
    # CAT-29: as if only what was listed at the boot could be called. The MCP library lists again before each call.
    if name.endswith("-kept"):
        raise ValueError(f"Tool {name} not found")
    result = await _called(self, name=name, arguments=arguments, **rest)
    for part in result.content:
        if getattr(part, "text", None):
            part.text += "!"
    return _answers.setdefault(name, result) if name.endswith("-answer") else result


_manager._create_prefixed_tools, _manager.call_tool = _list_otherwise, _call_otherwise

# CAT-27: LiteLLM introduces itself to a server by its provider's key.
_created = _manager._create_mcp_client


def _create_otherwise(self, server, *args, **rest):
    client = _created(self, server, *args, **rest)
    if server.name == "unwell":
        client.auth_type = "bearer_token"
        client.update_auth_value(os.environ["OPENAI_API_KEY"])
    return client


_manager._create_mcp_client = _create_otherwise

# CAT-05
_rest = rest_endpoints._create_tool_response_objects
rest_endpoints._create_tool_response_objects = lambda tools, info: _rest(tools, info)[:-1]

# CAT-18, and CAT-19: every revision is served as if it were another.
_handle = mcp_server.session_manager.handle_request


async def _handle_otherwise(scope, receive, send):
    if scope["method"] == "DELETE":
        return await PlainTextResponse("broken", 500)(scope, receive, send)
    scope["headers"] = [(k, b"2025-06-18" if k == b"mcp-protocol-version" else v) for k, v in scope["headers"]]
    await _handle(scope, receive, send)


mcp_server.session_manager.handle_request = _handle_otherwise
`),
];

/** What the failures of each requirement must say, one pattern for each check that is meant. */
const says: Record<string, RegExp[]> = {
  "CAT-02": [
    /not every tool of the upstream suite_everything is listed.*\n +expected: +10 tools\n +actual: +0 tools/,
    /not every tool of the upstream pages is listed.*\n +expected: +6 tools\n +actual: +2 tools/,
    /twins-twin twice/,
  ],
  "CAT-03": [/description: .* became .*!/, /outputSchema: .* became absent/],
  "CAT-04": [
    /differ from direct calls in content\n[\s\S]*!/,
    /differ from direct calls in isError\n[\s\S]*\/: true became false/,
    /differ from direct calls in structuredContent\n/,
    /a tool whose upstream (answers with an error|closes the connection) gets no error for the call/,
  ],
  "CAT-05": [
    /\/mcp-rest\/tools\/list lists other tools than tools\/list\n +expected: +the \d+ tools of tools\/list\n +actual: +\d+ tools/,
  ],
  "CAT-08": [/a path that names no server offers tools\n +expected: +0 tools\n +actual: +\d+ tools/],
  "CAT-09": [/is redirected elsewhere\n.*\n +actual: +http:\/\/litellm\.ai-servicers\.com[\s\S]*FORWARDED_ALLOW_IPS/],
  "CAT-10": [/expected: +status 401 and WWW-Authenticate\n +actual: +status 500[\s\S]*37080/],
  "CAT-11": [
    /expected: +the error -32601\n +actual: +the error -32602/,
    /a tool that no upstream has is not answered with an error\n.*\n +actual: +a success: Error: /,
    /expected: +the id null\n +actual: +the id "server-error"/,
  ],
  "CAT-12": [/the listing does not report that the upstream dead cannot be listed/],
  "CAT-13": [/the result is not this client's own/],
  "CAT-14": [/is not refused/],
  "CAT-15": [/the statement succeeds|Postgres was changed/],
  "CAT-16": [/Postgres runs the statement/],
  "CAT-18": [/the DELETE of a session fails\n.*\n +actual: +status 500/],
  "CAT-19": [
    /that is not served is not refused\n +expected: +status 400.*\n +actual: +status 200/,
    /a batch of two pings/,
  ],
  "CAT-20": [/the catalogue changes when LiteLLM restarts/],
  "CAT-21": [/the catalogue is larger than the policy allows/],
  "CAT-22": [/does not agree with a real listing\n +expected: .* for all 3\n +actual: +a wrong status for 2 of them/],
  "CAT-23": [/the official scenario completion-complete passes directly, and fails through the gateway/],
  "CAT-26": [/the _meta of a call does not arrive/],
  "CAT-27": [
    /failed in 1 of \d+ cases\nOPENAI_API_KEY: OPENAI_API_KEY reaches an upstream.*\n.*\n +actual: +OPENAI_API_KEY in the header Authorization/,
  ],
  "CAT-28": [
    new RegExp(
      "failed in 1 of \\d+ cases\nfilesystem-read_multiple_files: strict clients refuse the tool[\\s\\S]*" +
        `/properties/paths: an array without items[\\s\\S]*${lineOf("litellm/config.yaml", "  filesystem:\n")}`,
    ),
  ],
  "CAT-29": [/a tool of reserved, which this LiteLLM has not listed yet, cannot be called/],
  "CAT-31": [/the role gateway, by which postgres reads, is a superuser/],
};

test("a LiteLLM that is broken in every way, without its known gaps: each requirement fails and reports why", async () => {
  const run = await runBroken(breaks, ["suites/catalogue"]);
  expect(run.failed, run.output).toEqual(Object.keys(says));
  expect(run.exitCode).toBe(1);
  expectSaid(run, says);
});

/** 1.106.2, where an empty catalogue has other causes. */
const newest = { config: { versions: { litellm: "1.106.2" } } };

test("a disabled stdio gate is named as the cause of an empty catalogue, and a changed prompt is found", async () => {
  const run = await runBroken(
    [
      compose('LITELLM_ENABLE_MCP_STDIO: "true"', 'LITELLM_ENABLE_MCP_STDIO: "false"'),
      inLiteLLM(`
from litellm.proxy._experimental.mcp_server import mcp_server_manager

_manager = mcp_server_manager.MCPServerManager
_prompt, _read = _manager.get_prompt_from_server, _manager.read_resource_from_server


async def _prompt_otherwise(self, *args, **rest):
    result = await _prompt(self, *args, **rest)
    result.messages.append(result.messages[0])
    return result


_manager.get_prompt_from_server = _prompt_otherwise
`),
    ],
    specFiles(["complete-catalogue", "resources-and-prompts"], ["CAT-02", "CAT-03", "CAT-17"]),
    undefined,
    newest,
  );
  expect(run.failed, run.output).toEqual(["CAT-02", "CAT-03", "CAT-17"]);
  expectSaid(run, {
    "CAT-02": [/starts no stdio server unless LITELLM_ENABLE_MCP_STDIO=true/],
    "CAT-17": [/the messages of the prompt simple_prompt are not the upstream's/],
  });
});

test("a command that is not allowed is named as the cause of missing tools, and a time-out as that of a call", async () => {
  const workers = '      NUM_WORKERS: "1"\n';
  const run = await runBroken(
    [
      compose("EXTRA_COMMANDS: postgres-mcp,mcp-server-filesystem", "EXTRA_COMMANDS: postgres-mcp"),
      compose(workers, `${workers}      LITELLM_MCP_CLIENT_TIMEOUT: "10"\n`),
    ],
    specFiles(["complete-catalogue", "long-calls"], ["CAT-02", "CAT-25"]),
    undefined,
    newest,
  );
  expect(run.failed, run.output).toEqual(["CAT-02", "CAT-25"]);
  expectSaid(run, {
    "CAT-02": [/filesystem-read_file \(missing\)[\s\S]*LITELLM_MCP_STDIO_EXTRA_COMMANDS/],
    "CAT-25": [
      new RegExp(
        "a tool that takes 30 s does not return[\\s\\S]*LITELLM_MCP_CLIENT_TIMEOUT is 10[\\s\\S]*" +
          lineOf("compose.yaml", workers, 1),
      ),
    ],
  });
});

function expectSaid(run: BrokenRun, wanted: Record<string, RegExp[]>): void {
  for (const [id, patterns] of Object.entries(wanted)) {
    for (const pattern of patterns) expect(run.messages[id], `${id}: ${run.messages[id]}`).toMatch(pattern);
  }
}
