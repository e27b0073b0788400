import { expect, test } from "vitest";
import { causeOfRefusedRedirect } from "./refused-redirect.ts";

const uri = "http://gateway.example.org/oauth2/callback";
const written = { value: uri, location: { file: "compose.yaml", line: 72 } };
const proxy = { environment: new Map([["OAUTH2_PROXY_REDIRECT_URL", written]]) };

test("a redirect URI that the provider does not know has its line", () => {
  const found = causeOfRefusedRedirect(proxy, "Sign in to gateway, Invalid parameter: redirect_uri");
  expect(found?.cause).toBe(`the provider does not know the redirect URI ${uri}`);
  expect(found?.location).toBe(written.location);
});

test("another page, and a proxy without a redirect URI, have no such cause", () => {
  expect(causeOfRefusedRedirect(proxy, "Invalid username or password.")).toBeUndefined();
  expect(causeOfRefusedRedirect({ environment: new Map() }, "redirect_uri")).toBeUndefined();
});
