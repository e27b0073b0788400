import { expect, it } from "vitest";
import { harmlessInput } from "./harmless-input.ts";

it("has every property, in the type that the schema demands", () => {
  const schema = {
    type: "object",
    properties: {
      path: { type: "string" },
      mode: { type: "string", enum: ["fast", "slow"] },
      seconds: { type: "number", default: 10 },
      head: { type: "integer", minimum: 1 },
      dryRun: { type: "boolean" },
      limit: { anyOf: [{ type: "integer" }, { type: "null" }] },
      edits: { type: "array", minItems: 1, items: { type: "object", properties: { text: { type: "string" } } } },
      names: { type: "array", items: { type: "string" } },
    },
  };
  const nothing = "conformance-names-nothing";
  expect(harmlessInput(schema)).toEqual({
    ...{ path: nothing, mode: "fast", seconds: 0, head: 1, dryRun: false, limit: 0 },
    ...{ edits: [{ text: nothing }], names: [] },
  });
});

it("is empty for a tool without properties, and ends where a schema refers to itself", () => {
  expect(harmlessInput({ type: "object" })).toEqual({});
  expect(harmlessInput(undefined)).toEqual({});
  const endless: Record<string, unknown> = { type: "object" };
  endless.properties = { again: endless };
  expect(JSON.stringify(harmlessInput(endless))).toBe('{"again":{"again":{"again":{"again":{}}}}}');
});
