import { expect, test } from "vitest";
import { packagedTraefik } from "./traefik-version.ts";

test.for([
  ["3.5.3", "3.5.3", "a release with a package"],
  ["3.5", "3.5.3", "a line"],
  ["3.0", "3.0.4", "the first line"],
  ["3", "3.7.15", "whatever is newest"],
  ["3.5.4", "3.5.3", "a release without a package"],
  ["3.1.7", "3.2.0", "a release of a line without packages"],
  ["3.1", "3.2.0", "a line without packages"],
  ["3.7.99", "3.7.99", "a release of after the list"],
  ["3.9.0", "3.9.0", "a line of after the list"],
] as const)("%s is %s from packages: %s", ([version, expected]) => {
  expect(packagedTraefik(version)).toBe(expected);
});
