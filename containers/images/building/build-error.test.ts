import { expect, test } from "vitest";
import { ImageError } from "./build.ts";
import { buildError, UnknownVersionError } from "./build-error.ts";

const litellm = { name: "litellm", version: "1.75.1" };

test.each([
  ["several versions near it", "near: 1.75.0 1.75.2; nearest: 1.75.0", "one of 1.75.0, 1.75.2 (nearest: 1.75.0)"],
  ["one version near it", "near: 1.75.0; nearest: 1.75.0", "1.75.0"],
])("a version that PyPI does not have is one line: %s", (_, near, choice) => {
  const log = ["Step 6/11 : RUN uv venv", `PyPI has no litellm 1.75.1; ${near}`];
  const error = buildError(litellm, new ImageError("returned a non-zero code: 1", log));
  expect(error).toBeInstanceOf(UnknownVersionError);
  expect([error.message, error.log]).toEqual([`PyPI has no litellm 1.75.1: set LITELLM_VERSION to ${choice}`, []]);
});

test("any other failed build has its last lines", () => {
  const error = buildError(litellm, new ImageError("returned a non-zero code: 1", ["no space left on device"]));
  expect(error).not.toBeInstanceOf(UnknownVersionError);
  expect(error.message).toBe(
    "the image of litellm 1.75.1 cannot be built: returned a non-zero code: 1. A build needs the package registries " +
      "(PyPI, npm, Debian)",
  );
  expect(error.log).toEqual(["no space left on device"]);
});
