import { expect, it } from "vitest";
import { errorResponse, writeResult } from "./graphql-response.ts";

it("a result has plain values under its alias", () => {
  const result = {
    data: {
      findUniqueTeam: { at: { $type: "DateTime", value: "2026-01-01" }, rows: [{ $type: "BigInt", value: "1" }] },
    },
  };
  expect(writeResult("result", result)).toEqual({ data: { result: { at: "2026-01-01", rows: ["1"] } } });
});

it("a JSON value that looks like a typed one stays as it is: it is text", () => {
  const text = '{"$type": "Json", "value": "x"}';
  const result = { data: { findFirst: { metadata: { $type: "Json", value: text } } } };
  expect(writeResult("result", result)).toEqual({ data: { result: { metadata: text } } });
});

it("rows of a raw query have a type for each value", () => {
  const rows = { columns: ["n", "names", "none"], types: ["int", "string-array", "string"], rows: [[1, ["a"], null]] };
  expect(writeResult("result", { data: { queryRaw: rows } })).toEqual({
    data: {
      result: [
        {
          n: { prisma__type: "int", prisma__value: 1 },
          names: { prisma__type: "array", prisma__value: [{ prisma__type: "string", prisma__value: "a" }] },
          none: { prisma__type: "null", prisma__value: null },
        },
      ],
    },
  });
});

it("the number of rows that a raw statement changed is a number", () => {
  expect(writeResult("result", { data: { executeRaw: 3 } })).toEqual({ data: { result: 3 } });
});

it("errors are passed on", () => {
  const failed = errorResponse("no", { error_code: "P2002" });
  expect(writeResult("result", failed)).toBe(failed);
});
