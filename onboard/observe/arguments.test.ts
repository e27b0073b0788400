import type { Tool } from "@modelcontextprotocol/sdk/types.js";
import { expect, test } from "vitest";
import { badArguments } from "./arguments.ts";

const model = { type: "object", properties: { limit: { type: "integer" } } };

/** The value of `own` in the call with a wrong type; undefined where there is no such call. */
function wrong(own: object): unknown {
  const inputSchema = { type: "object", properties: { own }, $defs: { Model: model } } as Tool["inputSchema"];
  return badArguments({ name: "tool", inputSchema })[0]?.own;
}

const object = { not: ["the", "type"] };

test.each<[string, object, unknown]>([
  ["a text", { type: "string" }, object],
  ["a number or nothing", { anyOf: [{ type: "integer" }, { type: "null" }] }, object],
  ["an object", { type: "object" }, "no object"],
  ["a text or an object", { anyOf: [{ type: "string" }, { type: "object" }] }, undefined],
  ["a text or an object by their types", { type: ["string", "object"] }, undefined],
  ["a model without required fields", { anyOf: [{ $ref: "#/$defs/Model" }, { type: "null" }] }, "no object"],
  ["anything", {}, undefined],
  ["a reference that leads nowhere", { anyOf: [{ $ref: "#/$defs/None" }] }, object],
])("the wrong value for %s is one that the schema forbids", (_, own, value) => {
  expect(wrong(own)).toEqual(value);
});

test("the first argument that can be wrong is", () => {
  const properties = { any: {}, count: { type: "integer" } };
  expect(badArguments({ name: "tool", inputSchema: { type: "object", properties } })).toEqual([{ count: object }]);
});
