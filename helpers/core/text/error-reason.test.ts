import { expect, test } from "vitest";
import { errorReason } from "./error-reason.ts";

test.each([
  {
    error: new TypeError("fetch failed", { cause: new Error("other side closed") }),
    text: "fetch failed: other side closed",
  },
  {
    error: new TypeError("fetch failed", { cause: Object.assign(new AggregateError([]), { code: "ECONNREFUSED" }) }),
    text: "fetch failed: ECONNREFUSED",
  },
  { error: new Error("no cause"), text: "no cause" },
  { error: "text", text: "text" },
])("$text", ({ error, text }) => {
  expect(errorReason(error)).toBe(text);
});
