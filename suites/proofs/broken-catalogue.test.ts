import { expect, test } from "vitest";
import type { Patch } from "../../helpers/deployment/source/patched-copy.ts";
import { type BrokenRun, runBroken, specFiles } from "./broken-deployment.ts";

const compose = (find: string, replace: string): Patch => ({ file: "compose.yaml", find, replace });

/** Python that LiteLLM runs with the operator's key module: a fault of LiteLLM's own can be made nowhere else. */
const inLiteLLM = (code: string): Patch => ({
  file: "litellm/scoped_keys.py",
  find: "server_scope = ServerScope()\n",
  replace: `server_scope = ServerScope()\n\n${code}`,
});

/** On 1.77.1. What the known gaps account for there is red without them, and so needs no break. */
const breaks: Patch[] = [
  { file: "known-gaps.yaml", remove: true },
  // CAT-09: LiteLLM does not know that it stands behind https.
  compose('FORWARDED_ALLOW_IPS: "*"', 'FORWARDED_ALLOW_IPS: "127.0.0.1"'),
  // CAT-14: the allowed directory is wider than the policy says.
  { file: "litellm/config.yaml", find: "args: [/srv/mcp-files]", replace: "args: [/srv]" },
  // CAT-15
  { file: "litellm/config.yaml", find: "--access-mode=restricted", replace: "--access-mode=unrestricted" },
  // CAT-16: nothing keeps a scoped key from other servers' tools.
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
# LiteLLM runs this module more than once in one boot: the first process of the container tells boots apart.
_boot = open("/proc/1/stat").read().split()[21]
if not os.path.exists("/tmp/booted"):
    open("/tmp/booted", "w").write(_boot)
_booted_before = open("/tmp/booted").read() != _boot


# CAT-03, and CAT-20: after a restart a server's tools are gone.
def _list_otherwise(self, tools, server):
    made = _listed(self, tools, server)
    for tool in made:
        tool.description = f"{tool.description}!"
    return [] if _booted_before and server.name == "filesystem" else made


# CAT-04, and CAT-13: whoever calls later gets the answer to an earlier call.
_answers = {}


async def _call_otherwise(self, name, arguments, **rest):
    result = await _called(self, name=name, arguments=arguments, **rest)
    for part in result.content:
        if getattr(part, "text", None):
            part.text += "!"
    return _answers.setdefault(name, result) if name.endswith("-answer") else result


_manager._create_prefixed_tools, _manager.call_tool = _list_otherwise, _call_otherwise

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

/** What each failure must say, line by line where a requirement has several checks. */
const says: Record<string, RegExp[]> = {
  "CAT-02": [
    /of 10 tools of everything the catalogue has 0/,
    /of 6 tools of pages the catalogue has 2/,
    /twins-twin twice/,
  ],
  "CAT-03": [/description: .* became .*!/, /outputSchema: .* became absent/],
  "CAT-04": [
    /in content[\s\S]*!/,
    /isError: true became false|\/: true became false/,
    /structuredContent/,
    /dies|answers with an error/,
  ],
  "CAT-05": [/\/mcp-rest\/tools\/list has \d+ tools where tools\/list has \d+/],
  "CAT-08": [/a path that names no server offers \d+ tools/],
  "CAT-09": [/is redirected to http:\/\/litellm\.ai-servicers\.com[\s\S]*FORWARDED_ALLOW_IPS/],
  "CAT-10": [/the answer is 500, not 401[\s\S]*37080/],
  "CAT-11": [/the error is -32602, not -32601/, /looks like a success/, /answers the request "server-error"/],
  "CAT-12": [/the listing says nothing of the upstream dead/],
  "CAT-13": [/the result is not this client's own/],
  "CAT-14": [/is not refused/],
  "CAT-15": [/the statement succeeds|Postgres has changed/],
  "CAT-16": [/Postgres runs the statement/],
  "CAT-18": [/the DELETE of a session is answered with 500/],
  "CAT-19": [/is answered with 200, not with 400/, /a batch of two pings/],
  "CAT-20": [/after LiteLLM has restarted the catalogue is another one/],
  "CAT-21": [/more than the policy allows/],
  "CAT-22": [/LiteLLM's health is wrong about 2 of 3 upstreams/],
};

test("a LiteLLM that is broken in every way, without its known gaps: each requirement fails, and says why", async () => {
  const run = await runBroken(breaks, ["suites/catalogue"]);
  expect(run.failed, run.output).toEqual(Object.keys(says));
  expect(run.exitCode).toBe(1);
  expectSaid(run, says);
});

/** On 1.106.2, where an empty catalogue has reasons of its own. */
const newest = { config: { versions: { litellm: "1.106.2" } } };

test("a gate that is off is named as the reason of an empty catalogue, and a prompt that is changed is seen", async () => {
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
    "CAT-17": [/the prompt simple_prompt are not the upstream's/],
  });
});

test("a command that is not allowed is named as the reason of the tools that are missing", async () => {
  const run = await runBroken(
    [compose("EXTRA_COMMANDS: postgres-mcp,mcp-server-filesystem", "EXTRA_COMMANDS: postgres-mcp")],
    specFiles(["complete-catalogue"], ["CAT-02"]),
    undefined,
    newest,
  );
  expect(run.failed, run.output).toEqual(["CAT-02"]);
  expectSaid(run, { "CAT-02": [/filesystem-read_file \(missing\)[\s\S]*LITELLM_MCP_STDIO_EXTRA_COMMANDS/] });
});

function expectSaid(run: BrokenRun, wanted: Record<string, RegExp[]>): void {
  for (const [id, patterns] of Object.entries(wanted)) {
    for (const pattern of patterns) expect(run.messages[id], `${id}: ${run.messages[id]}`).toMatch(pattern);
  }
}
