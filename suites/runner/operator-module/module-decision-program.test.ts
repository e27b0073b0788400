import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { patchedCopy } from "../../../helpers/deployment/source/patched-copy.ts";
import { moduleDecisionProgram } from "./module-decision.ts";

const reference = readFileSync("deployments/reference/litellm/scoped_keys.py", "utf8");
const keys = `
class Key:
    def __init__(self, variable, routes):
        self.variable, self.routes = variable, routes
    def may(self, path):
        return path in self.routes
def find(text):
    for one in TABLE:
        if one.variable.lower() == text:
            return one
    return None
def made():
    return [Key("ONE", ["/a"]), Key("TWO", ["/b"])]
TABLE = made()
async def judge(request, api_key):
    found = find(api_key)
    if found is None:
        raise PermissionError("unknown")
    if not found.may(request.url.path):
        raise PermissionError("not covered")
    return found
`;
const python = spawnSync("python3", ["--version"]).status === 0;

/** What the program prints of a module, a key and a path; Starlette is a stub. */
function decided(module: string, key: string, path: string): unknown {
  const stub = `
import sys, types
class Request:
    def __init__(self, scope, receive): self.url = types.SimpleNamespace(path=scope["path"])
sys.modules["starlette"] = types.ModuleType("starlette")
sys.modules["starlette.requests"] = types.SimpleNamespace(Request=Request)
`;
  using copy = patchedCopy("deployments/reference", [
    { file: "litellm/scoped_keys.py", find: reference, replace: `${stub}${module}` },
  ]);
  const request = JSON.stringify({ method: "GET", path, query: "", headers: [] });
  const args = ["-B", "-c", moduleDecisionProgram, `${copy.folder}/litellm`, "scoped_keys.judge", request];
  const env = { ...process.env, CONFORMANCE_KEY: key, ONE: "one", TWO: "two" };
  const { stdout, stderr } = spawnSync("python3", args, { env, encoding: "utf8" });
  if (stdout === "") throw new Error(stderr);
  const { decidedAt, raisedAt, ...rest } = JSON.parse(stdout.trim().split("\n").at(-1) ?? "") as Record<
    string,
    unknown
  >;
  const lines = `${stub}${module}`.split("\n");
  const text = (line: unknown): string | undefined => lines[Number(line) - 1]?.trim();
  const { lacks, onPurpose, mistakenFor, computed, returnsNothing, refused: isRefused } = rest;
  return isRefused !== true
    ? `admitted${returnsNothing === null ? "" : `, and returns nothing after '${text(returnsNothing)}'`}`
    : { decided: text(decidedAt), raised: text(raisedAt), lacks, onPurpose, mistakenFor, computed };
}

const refusal = { onPurpose: true, mistakenFor: null, computed: null, lacks: false };

test.runIf(python).for<[string, [string, string], string, string, unknown]>([
  ["admits a request of a key's own", ["", ""], "one", "/a", "admitted"],
  [
    "lacks the path in the key's list",
    ["", ""],
    "one",
    "/b",
    { ...refusal, decided: "return path in self.routes", raised: 'raise PermissionError("not covered")', lacks: true },
  ],
  [
    "compares the path the wrong way",
    ["path in self", "path not in self"],
    "one",
    "/a",
    { ...refusal, decided: "return path not in self.routes", raised: 'raise PermissionError("not covered")' },
  ],
  [
    "finds no key",
    ["", ""],
    "three",
    "/a",
    { ...refusal, decided: "return None", raised: 'raise PermissionError("unknown")' },
  ],
  [
    "has a condition that is always true",
    ["found is None", "True"],
    "one",
    "/a",
    { ...refusal, decided: 'raise PermissionError("unknown")', raised: 'raise PermissionError("unknown")' },
  ],
  [
    "reads a list that is not about the path",
    ["found is None", '"x" not in found.routes'],
    "one",
    "/b",
    { ...refusal, decided: 'raise PermissionError("unknown")', raised: 'raise PermissionError("unknown")' },
  ],
  [
    "finds another key",
    ["one.variable.lower() == text", "True"],
    "two",
    "/b",
    {
      ...refusal,
      decided: "return path in self.routes",
      raised: 'raise PermissionError("not covered")',
      lacks: true,
      mistakenFor: { variable: "ONE", line: 16 },
    },
  ],
  [
    "computes a table that cannot be searched",
    ['return [Key("ONE", ["/a"]), Key("TWO", ["/b"])]', "return None"],
    "one",
    "/a",
    {
      ...refusal,
      onPurpose: false,
      decided: "for one in TABLE:",
      raised: "for one in TABLE:",
      computed: { line: 20, name: "TABLE" },
    },
  ],
  [
    "raises what a function does not return",
    ['PermissionError("unknown")', "made()"],
    "three",
    "/a",
    {
      ...refusal,
      onPurpose: false,
      decided: "return None",
      raised: "raise made()",
      computed: { line: 19, name: "made()" },
    },
  ],
  [
    "returns nothing",
    ["    return found\n", "    found = found\n"],
    "one",
    "/a",
    "admitted, and returns nothing after 'found = found'",
  ],
])("the program finds the line of a module that %s", ([_, [find, replace], key, path, expected]) => {
  expect(decided(keys.replace(find, replace), key, path)).toEqual(expected);
});
