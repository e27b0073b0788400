import { expect, test } from "vitest";
import { ImageError } from "./build.ts";
import { buildError, UnknownVersionError } from "./build-error.ts";

const litellm = { name: "litellm", version: "1.75.1" };

test("a version that PyPI does not have is one line", () => {
  const line = "PyPI has no litellm 1.75.1: set LITELLM_VERSION to one of 1.75.0, 1.75.2 (nearest: 1.75.0)";
  const error = buildError(litellm, new ImageError("returned a non-zero code: 1", ["Step 6/11 : RUN uv venv", line]));
  expect(error).toBeInstanceOf(UnknownVersionError);
  expect([error.message, error.log]).toEqual([line, []]);
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
