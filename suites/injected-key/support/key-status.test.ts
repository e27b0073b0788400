import { expect, test } from "vitest";
import { keyStatus } from "./key-status.ts";

test.each([
  [200, '{"scheduled":false}', "accepted"],
  [200, "<html>", "other"],
  [400, '{"error":{"message":"No connected db."}}', "no-database"],
  [400, "bad", "other"],
  [401, "", "unknown"],
  [403, "", "no-right"],
  [500, '{"error":"Virtual key is not allowed to call this route"}', "no-right"],
  [500, "Internal Server Error", "other"],
  [404, "404 page not found", "no-route"],
  [undefined, "", "other"],
] as const)("%s %s is %s", (status, body, expected) => {
  expect(keyStatus(status, body)).toBe(expected);
});

test("401 to a poll without a key is missing, not unknown", () => {
  expect(keyStatus(401, "", "no-key")).toBe("missing");
});
