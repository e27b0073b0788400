import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { expect, test } from "vitest";
import { loadDeployment } from "../../../helpers/deployment/load.ts";
import { patchedCopy } from "../../../helpers/deployment/source/patched-copy.ts";
import { whyCallIs } from "./call-decision.ts";

const reference = readFileSync("deployments/reference/litellm/scoped_keys.py", "utf8");
const python = spawnSync("python3", ["--version"]).status === 0;

/** The reference's module without LiteLLM's classes, which this machine does not have. */
const stub = `
import sys, types
class Plain:
    def __init__(self, *arguments, **named): self.__dict__.update(named)
class ProxyException(Exception):
    def __init__(self, message, type, param, code, headers): self.message, self.code = message, code
class HTTPException(Exception):
    def __init__(self, status_code, detail): self.status_code, self.detail = status_code, detail
class Starlette:
    def __init__(self, scope, receive):
        self.method, self.path = scope["method"], scope["path"]
        self.headers = types.SimpleNamespace(getlist=lambda name: [])
Roles = types.SimpleNamespace(PROXY_ADMIN="admin", INTERNAL_USER="user")
for name in ("starlette", "fastapi", "litellm", "litellm.integrations", "litellm.proxy", "litellm.proxy.auth"):
    sys.modules[name] = types.ModuleType(name)
sys.modules["starlette.requests"] = types.SimpleNamespace(Request=Starlette)
sys.modules["fastapi"] = types.SimpleNamespace(HTTPException=HTTPException, Request=Plain)
sys.modules["litellm.integrations.custom_logger"] = types.SimpleNamespace(CustomLogger=object)
sys.modules["litellm.proxy._types"] = types.SimpleNamespace(LiteLLM_ObjectPermissionTable=Plain, LitellmUserRoles=Roles, ProxyException=ProxyException, UserAPIKeyAuth=Plain)
sys.modules["litellm.proxy.auth.auth_utils"] = types.SimpleNamespace(get_request_route=lambda request: request.path)
`.trim();

const granted = { tool: "filesystem-read_text_file", granted: ["filesystem"], other: ["postgres"] };
const other = { ...granted, tool: "postgres-execute_sql" };

test.runIf(python).for<[string, [string, string], typeof granted, "passed" | "refused", string | undefined, RegExp]>([
  [
    "the list of a key's servers lacks the server",
    ['servers=("filesystem",)', 'servers=("files",)'],
    granted,
    "refused",
    'servers=("files",),',
    /grants it other servers than filesystem: 'the key of files-agent does not cover the tool filesystem-read_text_file'/,
  ],
  [
    "the hook compares another part of the name",
    ['partition("-")[0]', 'partition("-")[2]'],
    granted,
    "refused",
    'raise HTTPException(403, f"the key of {caller.user} does not cover the tool {tool}")',
    /refuses it, by line \d+/,
  ],
  [
    "custom_auth refuses the path",
    ['("/mcp/filesystem", "/mcp/filesystem/"),', '("/mcp/files",),'],
    granted,
    "refused",
    '("/mcp/files",),',
    /scoped_keys\.py grants the key of LITELLM_FILES_KEY no POST \/mcp\/filesystem/,
  ],
  [
    "the key is not limited",
    ['servers=("filesystem",)', "servers=None"],
    other,
    "passed",
    "servers=None,",
    /does not limit its servers as the policy does/,
  ],
  [
    "the key is granted the other server",
    ['servers=("filesystem",)', 'servers=("filesystem", "postgres")'],
    other,
    "passed",
    'servers=("filesystem", "postgres"),',
    /does not limit its servers as the policy does/,
  ],
  [
    "a condition lets every call pass",
    ["tool is None or", "tool is not None or"],
    other,
    "passed",
    "if tool is not None or caller is None or caller.servers is None:",
    /asked before LITELLM_FILES_KEY calls postgres-execute_sql, and lets it pass: line \d+ is the last condition that it checks/,
  ],
  [
    "the refusal is gone",
    ['raise HTTPException(403, f"the key of {caller.user} does not cover the tool {tool}")', "pass"],
    other,
    "passed",
    "if server not in caller.servers:",
    /lets it pass: line \d+ is the last condition that it checks/,
  ],
  ["the module decides as the policy", ["x", "x"], other, "passed", undefined, /^undefined$/],
])("a call is decided by the line of the module where %s", async ([_, [find, replace], call, seen, line, cause]) => {
  // The program runs the module with the stub in front of it; the lines are those of the file as it stands.
  const docstring = /^"""[\s\S]*?"""\n/.exec(reference)?.[0] ?? "";
  const changed = `${stub}\n${reference.slice(docstring.length)}`.replace(find, () => replace);
  using copy = patchedCopy("deployments/reference", [
    { file: "litellm/scoped_keys.py", find: reference, replace: changed },
  ]);
  const deployment = await loadDeployment(copy.folder);
  const gateway = {
    deployment,
    run: async (
      _part: string,
      command: readonly string[],
      options?: { environment?: Readonly<Record<string, string>> },
    ) => {
      const [, dash = "", program = "", , ...rest] = command;
      const keys = Object.fromEntries([...deployment.variables].map(([name, { value }]) => [name, value]));
      const { status, stdout, stderr } = spawnSync(
        "python3",
        ["-B", dash, program, `${copy.folder}/litellm`, ...rest],
        {
          env: { ...process.env, ...keys, ...options?.environment },
          encoding: "utf8",
        },
      );
      if (status !== 0) throw new Error(stderr);
      return { exitCode: 0, stdout };
    },
  };
  const why = await whyCallIs(seen, { secret: "LITELLM_FILES_KEY", path: "/mcp/filesystem", ...call }, gateway);
  const text = changed.split("\n")[(why?.location?.line ?? 0) - 1]?.trim();
  expect(why === undefined ? undefined : text).toBe(line);
  expect(String(why?.cause)).toMatch(cause);
  if (why?.location !== undefined) expect(basename(why.location.file)).toBe("scoped_keys.py");
});
