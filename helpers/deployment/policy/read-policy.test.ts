import { join } from "node:path";
import { expect, test } from "vitest";
import { DeploymentError } from "../../core/errors.ts";
import { FaultList } from "../source/fault-list.ts";
import { patchedCopy } from "../source/patched-copy.ts";
import { readPolicy, readPolicyFile } from "./read-policy.ts";

test("a policy is read on its own", () => {
  using copy = patchedCopy("deployments/reference", [{ file: "compose.yaml", remove: true }]);
  const policy = readPolicy(join(copy.folder, "policy.yaml"));
  expect(policy.services).toEqual({ litellm: "litellm", traefik: "traefik" });
  expect(policy.hosts.map(({ name }) => name)).toEqual(["litellm.linuxserver.lan", "litellm.ai-servicers.com"]);
  expect(policy.clients[0]?.config).toBe(join(copy.folder, "clients/codex/config.toml"));
});

test("all contradictions of a policy are reported together", () => {
  using copy = patchedCopy("deployments/reference", [
    { file: "policy.yaml", find: "status: 401, challenge: Bearer", replace: "status: 404, challenge: Bearer" },
    { file: "policy.yaml", find: "path: /docs,", replace: "path: /docs?x=1," },
  ]);
  let thrown: unknown;
  try {
    readPolicy(join(copy.folder, "policy.yaml"));
  } catch (error) {
    thrown = error;
  }
  expect(thrown).toBeInstanceOf(DeploymentError);
  expect(String(thrown)).toMatch(/contains a query[\s\S]*belongs to a 401/);
});

/** What reading the reference's policy says of an example of its upstream `filesystem`. */
function exampleReading(example: string): { example: unknown; faults: string } {
  const line = "  - name: filesystem\n";
  using copy = patchedCopy("deployments/reference", [
    { file: "policy.yaml", find: line, replace: `${line}    example: ${example}\n` },
  ]);
  const faults = new FaultList();
  const { policy } = readPolicyFile(join(copy.folder, "policy.yaml"), faults);
  const own = policy?.upstreams.find(({ name }) => name === "filesystem");
  return {
    example: own?.example,
    faults: faults.faults.map(({ line, what, fix }) => `${line}: ${what}; ${fix}`).join("\n"),
  };
}

test("an upstream's example: its tool, its arguments and the text of its result", () => {
  expect(exampleReading("{ tool: list_allowed_directories, contains: Allowed directories }")).toEqual({
    example: { tool: "list_allowed_directories", arguments: {}, contains: "Allowed directories" },
    faults: "",
  });
  expect(
    exampleReading("{ tool: list_directory, arguments: { path: /srv, depth: [1] }, contains: FILE }"),
  ).toMatchObject({
    example: { arguments: { path: "/srv", depth: [1] } },
    faults: "",
  });
});

test.each([
  [
    "{ tool: list_directorys, contains: FILE }",
    "72: the example of 'filesystem' calls 'list_directorys', which is not one of its tools; write 'list_directory'",
  ],
  [
    "{ tool: list_directory, contains: directory }",
    "72: the text 'directory' of the example of 'filesystem' is in the call itself",
  ],
  [
    "{ tool: list_directory, contains: file }",
    "72: the text 'file' of the example of 'filesystem' is in the call itself",
  ],
  [
    "{ tool: read_file, arguments: { path: /srv/notes }, contains: notes }",
    "72: the text 'notes' of the example of 'filesystem' is in the call itself",
  ],
  ['{ tool: read_file, contains: "{\\"name\\":" }', "72: the text of the example of 'filesystem' has a double quote"],
  ['{ tool: read_file, contains: "two\\nlines" }', "72: the text of the example of 'filesystem' has a double quote"],
  ["{ tool: read_file, contains: '' }", "72: upstreams[1].example.contains is '', expected a text that is not empty"],
  ["{ tool: read_file }", "'contains' is missing in upstreams[1].example"],
  [
    "{ tool: read_file, arguments: [a], contains: text }",
    "72: upstreams[1].example.arguments is a list, expected a mapping",
  ],
])("the example %s is a fault", (example, fault) => {
  expect(exampleReading(example).faults).toContain(fault);
});

test("the example of an upstream without stated tools may call any", () => {
  using copy = patchedCopy("deployments/reference", [
    {
      file: "policy.yaml",
      find: "upstreams:\n",
      replace: "upstreams:\n  - { name: notes, example: { tool: get_topics, contains: Topics of } }\n",
    },
  ]);
  expect(readPolicy(join(copy.folder, "policy.yaml")).upstreams[0]?.example?.tool).toBe("get_topics");
});
