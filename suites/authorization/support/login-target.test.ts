import { expect, test } from "vitest";
import type { Login } from "../../../containers/targets/login.ts";
import { causeOfRefused } from "./login-target.ts";

const issuer = "https://auth.example.org/realms/gateway";
const location = { file: "compose.yaml", line: 32 };
const login = {
  authorization: { issuer, provider: "keycloak", resource: "https://gateway.example.org/mcp" },
  deployment: { compose: { services: new Map([["keycloak", { location }]]) } },
} as unknown as Login;
const refused = (url: string, status: number) => causeOfRefused(login, { url, status, body: "", claims: undefined });

test("a realm that the issuer's host does not have follows from the discovery", () => {
  expect(refused("https://auth.example.org/realms/Gateway/protocol/openid-connect/auth", 404)).toEqual({
    cause: `a client asks for /realms/Gateway/protocol/openid-connect/auth, which is not below the issuer ${issuer}`,
    location,
    follows: "AUTH-03/discovery",
  });
});

test.for([
  [`${issuer}/protocol/openid-connect/token`, 404],
  [`${issuer}/protocol/openid-connect/token`, 400],
  ["https://other.example/realms/Gateway", 404],
] as const)("%s with %i has the provider's line alone", ([url, status]) => {
  expect(refused(url, status)).toEqual({ location });
});
