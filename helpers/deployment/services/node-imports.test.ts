import { expect, test } from "vitest";
import { importsOf, packageOfImport } from "./node-imports.ts";

test("each import is found with its line, and texts, comments and types are none", () => {
  const script = `import { z } from "zod";
import type { Server } from "only-types";
// import "in-a-comment";
const quote = /["'\`]/;
const text = "require('in-a-text')", template = \`import "in-a-template"\`;
const fs = require("node:fs");
export * from "./own.js";
const late = await import("late/sub");
const computed = await import(text);
`;
  expect(importsOf("server.ts", script)).toEqual([
    { specifier: "zod", line: 1 },
    { specifier: "node:fs", line: 6 },
    { specifier: "./own.js", line: 7 },
    { specifier: "late/sub", line: 8 },
  ]);
});

test.for<[string, string | undefined]>([
  ["zod/v4", "zod"],
  ["@modelcontextprotocol/sdk/server/mcp.js", "@modelcontextprotocol/sdk"],
  ["node:sqlite", undefined],
  ["fs/promises", undefined],
  ["./zod.js", undefined],
  ["..", undefined],
  ["/srv/zod.js", undefined],
  ["#internal", undefined],
  ["https://esm.example/zod", undefined],
])("the package of %s", ([specifier, name]) => {
  expect(packageOfImport(specifier)).toBe(name);
});
