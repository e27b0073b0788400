import { expect, test } from "vitest";
import { EnvironmentError } from "../../../helpers/core/errors.ts";
import type { NodeStart } from "../../../helpers/deployment/services/node-script.ts";
import { atItsImport } from "./script-packages.ts";

const start = (name: string): NodeStart => ({
  program: "node",
  modules: {
    directory: "/app/mcp",
    manifest: "{}",
    imported: [{ name, location: { file: "/gateway/mcp/server.js", line: 4 } }],
    newest: [],
  },
  isInImage: false,
});

test.for<[string, string, RegExp]>([
  [
    "npm error 404  'no-such-package@latest' is not in this registry.",
    "no-such-package",
    /^\/gateway\/mcp\/server\.js:4: the script imports 'no-such-package', and npm has no package 'no-such-package'; correct/,
  ],
  [
    "npm error 404  The requested resource '@own/tools@^1.0.0' could not be found or you do not have permission to access it.",
    "@own/tools",
    /^\/gateway\/mcp\/server\.js:4: the script imports '@own\/tools', and npm has no package '@own\/tools'; correct/,
  ],
  [
    "npm error notarget No matching version found for @own/pkg@9.9.9.",
    "@own/pkg",
    /^\/gateway\/mcp\/server\.js:4: .*npm has no version of '@own\/pkg' that package\.json allows; name a published/,
  ],
  [
    "no package that npm installed is or brings pino",
    "pino",
    /^\/gateway\/mcp\/server\.js:4: .*package\.json does not name 'pino', and none of its packages depends on it; add/,
  ],
])("%s", ([line, name, message]) => {
  const found = atItsImport(new EnvironmentError("the image cannot be built", { log: ["one", line] }), [start(name)]);
  expect(found).toBeInstanceOf(EnvironmentError);
  expect(String((found as EnvironmentError).message)).toMatch(message);
});

test("any other error stays as it is", () => {
  const error = new EnvironmentError("the image cannot be built", { log: ["no space left on device"] });
  expect(atItsImport(error, [start("zod")])).toBe(error);
});
