import { expect, test } from "vitest";
import { EnvironmentError } from "../../../helpers/core/errors.ts";
import { UnknownVersionError } from "../../images/building/build-error.ts";
import { atItsTag } from "./litellm.ts";

const image = { value: "ghcr.io/berriai/litellm:v1.75.1-stable", location: { file: "/srv/compose.yaml", line: 4 } };
const unknown = new UnknownVersionError("PyPI has no litellm 1.75.1: set LITELLM_VERSION to 1.75.0");

test("a version that PyPI does not have is shown at the tag that names it", () => {
  expect(atItsTag(unknown, { image, version: "1.75.1" }, "1.75.1")).toMatchObject({
    message: "/srv/compose.yaml:4: PyPI has no litellm 1.75.1: set LITELLM_VERSION to 1.75.0",
    part: "litellm",
  });
});

test("another version than the tag's, and another error, have no line", () => {
  expect(atItsTag(unknown, { image, version: "1.80.0" }, "1.75.1")).toBe(unknown);
  const other = new EnvironmentError("no space left on device");
  expect(atItsTag(other, { image, version: "1.75.1" }, "1.75.1")).toBe(other);
});
