import { expect, test } from "vitest";
import { schemaFaults } from "./strict-schema.ts";

test.for([
  ["a plain object", { type: "object", properties: { a: { type: "array", items: {} } } }, []],
  [
    "an array without items",
    { type: "object", properties: { a: { type: "array" } } },
    ["/properties/a: an array without items"],
  ],
  [
    "one in a union",
    { type: "object", properties: { a: { anyOf: [{ type: ["array", "null"] }, { type: "null" }] } } },
    ["/properties/a/anyOf/0: an array without items"],
  ],
  ["a union at the top", { type: "object", anyOf: [] }, ["/: anyOf at the top"]],
  ["no type", {}, ['/: type is undefined, not "object"']],
  ["a reference", { type: "object", $defs: { a: {} }, properties: { a: { $ref: "#/$defs/a" } } }, []],
  [
    "a reference to nothing",
    { type: "object", properties: { a: { $ref: "#/$defs/b" } } },
    ["/properties/a: $ref #/$defs/b leads nowhere"],
  ],
  ["data that looks like a schema", { type: "object", default: { type: "array" } }, []],
] as const)("%s", ([_, schema, faults]) => {
  expect(schemaFaults(schema)).toEqual(faults);
});
