import { expect, test } from "vitest";
import { EnvironmentError } from "../../helpers/core/errors.ts";
import { reasonOf } from "./derive-policy.ts";

test("the reason of a remark has the last line of the log, because nothing below the remark shows it", () => {
  const error = new EnvironmentError("the image cannot be built: it failed\nmore", {
    log: ["Step 1", " no space left "],
  });
  expect(reasonOf(error, "two networks")).toBe(
    "the image cannot be built: it failed; its last line: no space left; two networks",
  );
  expect(reasonOf(new EnvironmentError("it did not start"))).toBe("it did not start");
});
