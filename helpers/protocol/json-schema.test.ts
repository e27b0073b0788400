import { expect, test } from "vitest";
import { schemaFault, valueFault } from "./json-schema.ts";

const text = { type: "object", properties: { text: { type: "string" } }, required: ["text"] };

test.each([
  ["none", {}],
  ["draft-06", { $schema: "http://json-schema.org/draft-06/schema#" }],
  ["draft-07", { $schema: "http://json-schema.org/draft-07/schema#" }],
  ["draft-07 by https", { $schema: "https://json-schema.org/draft-07/schema" }],
  ["2019-09", { $schema: "https://json-schema.org/draft/2019-09/schema" }],
  ["2020-12", { $schema: "https://json-schema.org/draft/2020-12/schema" }],
])("a schema that names this dialect is judged by it: %s", (_, named) => {
  const schema = { ...named, ...text };
  expect(schemaFault(schema)).toBeUndefined();
  expect(schemaFault({ ...schema, required: "text" })).toContain("required");
  expect(valueFault(schema, { text: "a" })).toBeUndefined();
  expect(valueFault(schema, {})).toContain("'text'");
});

test("a list of items is allowed where the dialect has it", () => {
  const pair = { type: "object", properties: { pair: { type: "array", items: [{ type: "string" }] } } };
  expect(schemaFault({ ...pair, $schema: "http://json-schema.org/draft-07/schema#" })).toBeUndefined();
  expect(schemaFault(pair)).toContain("items");
});

test("a dialect that is not known says nothing about a server", () => {
  const old = { $schema: "http://json-schema.org/draft-04/schema#", type: "object", exclusiveMinimum: true };
  expect(schemaFault(old)).toBeUndefined();
  expect(valueFault(old, {})).toBeUndefined();
});

test("two schemas with one $id do not meet", () => {
  const first = { $id: "https://example.com/result", ...text };
  const second = { $id: "https://example.com/result", type: "object", required: ["other"] };
  expect(valueFault(first, { text: "a" })).toBeUndefined();
  expect(valueFault(second, { other: 1 })).toBeUndefined();
  expect(valueFault({ ...second }, {})).toContain("'other'");
});

test("a reference that leads nowhere makes a schema unusable", () => {
  expect(() => valueFault({ type: "object", properties: { a: { $ref: "#/$defs/none" } } }, {})).toThrow("none");
});
