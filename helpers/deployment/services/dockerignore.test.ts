import { expect, test } from "vitest";
import { readDockerignore } from "./dockerignore.ts";

// As docker build leaves files out.
test.each([
  [".env", ".env", true],
  [".env", "a/.env", false],
  ["**/.env", "a/b/.env", true],
  ["**/.env", ".env", true],
  ["*.md", "a.md", true],
  ["*.md", "a/b.md", false],
  ["*/temp*", "a/temporary.txt", true],
  ["temp?", "tempa", true],
  ["temp?", "temp", false],
  ["data", "data/a/b", true],
  ["/data/", "data/a", true],
  ["./data", "data", true],
  ["data/**", "data/a/b", true],
  ["# .env\n\n", "# .env", false],
  ["*\n!config.yaml", "config.yaml", false],
  ["*\n!config.yaml", "a/config.yaml", true],
  ["*\n!hooks", "hooks/a.py", false],
  ["*.md\n!README.md\nREADME.md", "README.md", true],
  ["a[0-9].txt", "a1.txt", true],
  ["a.b+c", "a.b+c", true],
  ["a.b+c", "aXb+c", false],
  ["[a", "a", false],
])("%j leaves out %s: %s", (text, path, expected) => {
  expect(readDockerignore(text).has(path)).toBe(expected);
});
