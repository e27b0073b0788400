import { expect, test } from "vitest";
import { withPythonPackages } from "./litellm-packages.ts";
import type { Recipe } from "./recipe.ts";

test("a package that is named is not held at the version that is installed", () => {
  const litellm = { name: "litellm", version: "1.83.0", packages: "PyPI litellm" } as Recipe;
  const { dockerfile } = withPythonPackages(litellm, [
    { ecosystem: "pypi", name: "prometheus_client", version: "0.20.0" },
    { ecosystem: "pypi", name: "langfuse[otel]", version: undefined },
  ]);
  expect(dockerfile).toMatchObject({
    text: expect.stringContaining("grep -viE '^(prometheus[-_.]+client|langfuse)==' > /installed.txt"),
  });
});
