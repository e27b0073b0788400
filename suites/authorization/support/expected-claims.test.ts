import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { loadDeployment } from "../../../helpers/deployment/load.ts";
import { patchedCopy } from "../../../helpers/deployment/source/patched-copy.ts";
import { otherExpectedClaim } from "./expected-claims.ts";

const right = { issuer: "https://auth.example.org/realms/gateway", audience: "https://gateway.example.org/mcp" };

/** What is said of a changed example, with the line that is named. */
async function foundIn(find: string, replace: string) {
  using copy = patchedCopy("deployments/examples/keycloak", [{ file: "compose.yaml", find, replace }]);
  const found = otherExpectedClaim(await loadDeployment(copy.folder), right);
  const { location } = found ?? {};
  const line = location && readFileSync(location.file, "utf8").split("\n")[location.line - 1]?.trim();
  return found && { cause: found.cause, fix: found.fix, line };
}

const audience = `TOKEN_AUDIENCE: ${right.audience}`;
const issuer = `TOKEN_ISSUER: ${right.issuer}`;

test("an audience with a slash too many is the cause", async () => {
  expect(await foundIn(audience, `${audience}/`)).toEqual({
    cause: `TOKEN_AUDIENCE is '${right.audience}/', and the audience of a right token is '${right.audience}'`,
    fix: `write '${right.audience}'`,
    line: `${audience}/`,
  });
});

test("an issuer of another realm is the cause", async () => {
  const found = await foundIn(issuer, `${issuer}s`);
  expect(found).toMatchObject({ cause: expect.stringMatching(/^TOKEN_ISSUER is .*the issuer of/), line: `${issuer}s` });
});

test.for([
  [audience, audience],
  [audience, `TOKEN_AUDIENCE: account,${right.audience}`],
  [audience, `${audience}\n      ISSUED_BY: somebody`],
])("nothing is said of %s as %s", async ([find = "", replace = ""]) => {
  expect(await foundIn(find, replace)).toBeUndefined();
});
