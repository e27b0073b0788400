import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { loadDeployment } from "../../../helpers/deployment/load.ts";
import { patchedCopy } from "../../../helpers/deployment/source/patched-copy.ts";
import { otherAuthorizationServer } from "./other-issuer.ts";

const issuer = "https://auth.example.org/realms/gateway";
const file = "oauth2-proxy/well-known/oauth-protected-resource/mcp";

test("an authorization server that is not the issuer has the line of the metadata's file", async () => {
  using copy = patchedCopy("deployments/examples/keycloak", [{ file, find: issuer, replace: `${issuer}s` }]);
  const found = otherAuthorizationServer(await loadDeployment(copy.folder), issuer, [`${issuer}s`]);
  expect(found?.cause).toMatch(/names the authorization server .*\/gateways, and the policy's issuer is .*\/gateway$/);
  expect(found?.location?.file.endsWith(file)).toBe(true);
  const line = found?.location && readFileSync(found.location.file, "utf8").split("\n")[found.location.line - 1];
  expect(line).toContain(`"authorization_servers": ["${issuer}s"]`);
});

test("one that no file has is named without a line", async () => {
  const found = otherAuthorizationServer(await loadDeployment("deployments/examples/keycloak"), issuer, [`${issuer}/`]);
  expect(found?.fix).toMatch(/^write https/);
  expect(found?.location).toBeUndefined();
});

test.for([[[issuer]], [["https://other.example", issuer]], [[]]])("nothing is said of %j", async ([servers = []]) => {
  const deployment = await loadDeployment("deployments/examples/keycloak");
  expect(otherAuthorizationServer(deployment, issuer, servers)).toBeUndefined();
});
