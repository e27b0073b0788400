import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { readPolicy } from "../../helpers/deployment/policy/read-policy.ts";
import { patchedCopy } from "../../helpers/deployment/source/patched-copy.ts";
import { generatedDocuments, generatedFiles, regenerated } from "./documents.ts";
import { policySchema } from "./policy-reference.ts";
import { reportSchema } from "./report-reference.ts";
import { fieldsOf, readSchema, type Schema, typeText } from "./schema.ts";
import { markdownTable } from "./table.ts";

test.each(Object.entries(generatedDocuments))("%s is what `npm run docs` writes", (file, reference) => {
  expect(readFileSync(file, "utf8"), "run `npm run docs`").toBe(regenerated(file, reference));
});

test.each(Object.entries(generatedFiles))("%s is what `npm run docs` writes", (file, text) => {
  expect(readFileSync(file, "utf8"), "run `npm run docs`").toBe(text());
});

test.each([
  ["policy.yaml", policySchema()],
  ["conformance.json", reportSchema()],
])("every field of %s has a description", (_, schema) => {
  const definitions = Object.values(schema.$defs ?? {});
  const undescribed = [schema, ...definitions]
    .flatMap((one: Schema) => fieldsOf(one))
    .filter((field) => field.schema.description === undefined);
  expect(undescribed.map(({ path }) => path)).toEqual([]);
});

test("the small policy of docs/policy.md is accepted, and only what it calls required is", () => {
  const [, example = ""] = /```yaml\n([^`]*)```/.exec(readFileSync("docs/policy.md", "utf8")) ?? [];
  using copy = patchedCopy("deployments/reference", [{ file: "policy.yaml", write: example }]);
  expect(readPolicy(join(copy.folder, "policy.yaml")).hosts).toHaveLength(1);
  expect(policySchema().required).toEqual(["hosts"]);
});

test("a key's type, default and whether it is required come from the policy's shape", () => {
  const text = regenerated("docs/policy.md", generatedDocuments["docs/policy.md"] ?? (() => ""));
  const row = (key: string): string[] =>
    text
      .split("\n")
      .find((line) => line.startsWith(`| \`${key}\` `))
      ?.split(" | ")
      .map((cell) => cell.trim()) ?? [];
  expect(row("hosts[].name").slice(1, 4)).toEqual(["string", "yes", ""]);
  expect(row("public[].status").slice(1, 4)).toEqual(["HTTP status or list of HTTP statuses", "no", "`200`"]);
  expect(row("injected[].methods").slice(2, 4)).toEqual(["no", "`[GET]`"]);
  expect(row("upstreams[].version").slice(1, 4)).toEqual(["version", "no", ""]);
  expect(row("reach[].ports").slice(1, 3)).toEqual(["list of ports", "yes"]);
});

test("types of a JSON Schema in words", () => {
  const root = readSchema({
    $defs: { count: { type: "integer" }, check: { type: "object", properties: { id: { type: "string" } } } },
  });
  const text = (schema: unknown): string => typeText(readSchema(schema), root);
  expect(text({ type: ["string", "null"] })).toBe("string or null");
  expect(text({ type: "string", format: "date" })).toBe("date");
  expect(text({ const: 3 })).toBe("`3`");
  expect(text({ $ref: "#/$defs/count" })).toBe("integer");
  expect(text({ type: "array", items: { $ref: "#/$defs/check" } })).toBe("list of [check](#check)");
  expect(text({ oneOf: [{ type: "null" }, { $ref: "#/$defs/check" }] })).toBe("[check](#check) or null");
  expect(() => text({ $ref: "#/$defs/missing" })).toThrow("the schema has no #/$defs/missing");
});

test("fields of an object, of list items and of one of several forms", () => {
  const schema = readSchema({
    properties: {
      list: { type: "array", items: { properties: { a: { type: "string" } }, required: ["a"] } },
      either: { oneOf: [{ type: "null" }, { properties: { b: { type: "string" } } }] },
    },
    required: ["list"],
  });
  expect(fieldsOf(schema).map(({ path, required }) => [path, required])).toEqual([
    ["list", true],
    ["list[].a", true],
    ["either", false],
    ["either.b", false],
  ]);
});

test("a table aligns its columns and escapes their separators", () => {
  expect(markdownTable(["key", "meaning"], [["`longer`", "a | b"]])).toBe(
    ["| key      | meaning |", "| -------- | ------- |", "| `longer` | a \\| b  |"].join("\n"),
  );
});

test("a document without the marks of its generated part is an error", () => {
  expect(() => regenerated("README.md", () => "")).toThrow("README.md lacks the line");
});
