import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { loadDeployment } from "../load.ts";
import { type Patch, patchedCopy } from "../source/patched-copy.ts";
import type { Deployment, SourceLocation } from "../types.ts";
import { argumentLine, keyLine, serverLine } from "./blame.ts";
import { hookLine, moduleLineOfAnswer, moduleLineOfHeader } from "./module-lines.ts";

const config = (find: string, replace: string): Patch => ({ file: "litellm/config.yaml", find, replace });
const env = (find: string, replace: string): Patch => ({ file: "litellm.env.example", find, replace });
const values = readFileSync("deployments/reference/litellm.env.example", "utf8");
const keyIn = (name: string): string => new RegExp(`^${name}=(.*)$`, "m").exec(values)?.[1] ?? "";

/** The line that is named in a changed copy of the reference: `file: text`. */
async function named(
  breaks: Patch[],
  find: (deployment: Deployment) => { location: SourceLocation } | undefined,
): Promise<string> {
  using copy = patchedCopy("deployments/reference", breaks);
  const location = find(await loadDeployment(copy.folder))?.location;
  if (location === undefined) return "nothing";
  const text = readFileSync(location.file, "utf8").split("\n")[location.line - 1]?.trim();
  return `${location.file.slice(copy.folder.length + 1)}: ${text}`;
}

test.for<[string, Patch[], string]>([
  [
    "the arguments, where they lack the policy's directory",
    [config("[/srv/mcp-files]", "[/tmp]")],
    "litellm/config.yaml: args: [/tmp]",
  ],
  [
    "a command with a typing error",
    [config("command: mcp-server-filesystem", "command: mcp-server-filesytem")],
    "litellm/config.yaml: command: mcp-server-filesytem",
  ],
  [
    "the command, where it has no arguments",
    [config("    args: [/srv/mcp-files]\n", "")],
    "litellm/config.yaml: command: mcp-server-filesystem",
  ],
  ["the entry itself, where nothing is wrong", [], "litellm/config.yaml: filesystem:"],
])("of a server: %s", async ([_, breaks, line]) => {
  expect(await named(breaks, (deployment) => serverLine(deployment, "filesystem"))).toBe(line);
});

test("the line of a server is that of its environment, where it has another variable than the policy's DSN", async () => {
  const breaks = [config("os.environ/POSTGRES_MCP_URL", "os.environ/OPENAI_API_KEY")];
  expect(await named(breaks, (deployment) => serverLine(deployment, "postgres"))).toBe(
    "litellm/config.yaml: DATABASE_URI: os.environ/OPENAI_API_KEY",
  );
});

test.for([
  ["[--verbose, --access-mode=unrestricted]", "args: [--verbose, --access-mode=unrestricted]"],
  ["\n      - --verbose\n      - --access-mode=unrestricted", "- --access-mode=unrestricted"],
  ["\n      - --verbose\n      - --mode=restricted", "- --verbose"],
  ["[]", "command: postgres-mcp"],
])(
  "of an option of a server's command: its argument, else the first one, else the command: %j",
  async ([args = "", line]) => {
    const change = config('["--access-mode=restricted"]', args);
    const found = await named([change], (deployment) => {
      const location = argumentLine(deployment, "postgres", "--access-mode");
      return location && { location };
    });
    expect(found).toBe(`litellm/config.yaml: ${line}`);
  },
);

test("of a server that the config does not have: nothing", async () => {
  expect(await named([], (deployment) => serverLine(deployment, "nobody"))).toBe("nothing");
});

test.for<[string, Patch[], string, string]>([
  [
    "the module's line of its variable",
    [],
    keyIn("LITELLM_CLIENT_KEY"),
    'litellm/scoped_keys.py: "LITELLM_CLIENT_KEY",',
  ],
  [
    "the config's line of a master key from another variable",
    [config("os.environ/LITELLM_MASTER_KEY", "os.environ/LITELLM_CLIENT_KEY")],
    keyIn("LITELLM_CLIENT_KEY"),
    "litellm/config.yaml: master_key: os.environ/LITELLM_CLIENT_KEY",
  ],
  [
    "the module's line of the master key",
    [],
    keyIn("LITELLM_MASTER_KEY"),
    'litellm/scoped_keys.py: Caller("LITELLM_MASTER_KEY", "operator", LitellmUserRoles.PROXY_ADMIN, None),',
  ],
  [
    "the module's line of the first key that it names, of a key that it does not name",
    [{ file: "litellm/scoped_keys.py", find: '"LITELLM_MASTER_KEY"', replace: '"ANOTHER"' }],
    keyIn("LITELLM_MASTER_KEY"),
    'litellm/scoped_keys.py: "LITELLM_STATUS_KEY", "ui-status-poll", LitellmUserRoles.PROXY_ADMIN, (STATUS_ROUTE,), frozenset({"GET"})',
  ],
  [
    "the policy's line of a key, without a module",
    [config("  custom_auth: scoped_keys.authenticate", "")],
    keyIn("LITELLM_CLIENT_KEY"),
    "policy.yaml: - { name: LITELLM_CLIENT_KEY, kind: api-key, may_be_in: [litellm.environment, client.environment] }",
  ],
  ["nothing, for a key that no file has", [], "sk-nobody", "nothing"],
])("of a key: %s", async ([_, breaks, key, line]) => {
  expect(await named(breaks, (deployment) => keyLine(deployment, key))).toBe(line);
});

test("of a master key whose variable is not set: the policy's line of the variable", async () => {
  const breaks = [env(`LITELLM_MASTER_KEY=${keyIn("LITELLM_MASTER_KEY")}\n`, "")];
  const line = await named(breaks, (deployment) => keyLine(deployment, deployment.litellmConfig.masterKey));
  expect(line).toMatch(/^policy\.yaml: - \{ name: LITELLM_MASTER_KEY,/);
});

test.for<[string, string]>([
  [
    '{"text":"Error: the key of files-agent does not cover the tool postgres-execute_sql"}',
    'litellm/scoped_keys.py: raise HTTPException(403, f"the key of {caller.user} does not cover the tool {tool}")',
  ],
  ['{"text":"Error: the key of files-agent is unknown"}', "nothing"],
  ["{}", "nothing"],
])("the line of the operator's module with the text of %s is %s", async ([answer, line]) => {
  expect(
    await named([], (deployment) => {
      const location = moduleLineOfAnswer(deployment, answer);
      return location && { location };
    }),
  ).toBe(line);
});

test.for<[string, Patch[], (deployment: Deployment) => SourceLocation | undefined, string]>([
  [
    "names a header",
    [],
    (deployment) => moduleLineOfHeader(deployment, "authorization"),
    'if len(request.headers.getlist("authorization")) > 1:',
  ],
  [
    "refuses a call of a tool",
    [],
    hookLine,
    'raise HTTPException(403, f"the key of {caller.user} does not cover the tool {tool}")',
  ],
  [
    "should refuse a call of a tool, and never does",
    [{ file: "litellm/scoped_keys.py", find: "raise HTTPException(403,", replace: "print(" }],
    hookLine,
    "async def async_pre_call_hook(self, user_api_key_dict, cache, data, call_type):",
  ],
])("the line of the operator's module that %s", async ([_, breaks, find, line]) => {
  const found = await named(breaks, (deployment) => {
    const location = find(deployment);
    return location && { location };
  });
  expect(found).toBe(`litellm/scoped_keys.py: ${line}`);
});
