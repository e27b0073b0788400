import { expect, test } from "vitest";
import { answerOfControl, controlResource } from "./control.ts";
import { describeRequest } from "./exchange.ts";

const initialize = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "initialize", params: {} });

test("the control names its metadata, and lets a client in with its token only", () => {
  const refused = answerOfControl("POST", "/mcp", undefined, initialize);
  const metadata = /resource_metadata="([^"]+)"/.exec(refused.headers?.["www-authenticate"] ?? "")?.[1] ?? "";
  expect(refused.status).toBe(401);
  expect(answerOfControl("GET", new URL(metadata).pathname, undefined, "").body).toMatchObject({
    resource: controlResource,
  });
  expect(answerOfControl("POST", "/mcp", "Bearer another", initialize).status).toBe(401);
  expect(answerOfControl("POST", "/mcp", "Bearer control-token", initialize).status).toBe(200);
});

test("the control sends a user back with a code and the client's state, and refuses a client without PKCE", () => {
  const asked = new URLSearchParams({ redirect_uri: "http://127.0.0.1:1/callback", state: "s" });
  const authorize = (): ReturnType<typeof answerOfControl> =>
    answerOfControl("GET", `/realms/control/authorize?${asked}`, undefined, "");
  expect(authorize().status).toBe(400);
  asked.set("code_challenge_method", "S256");
  expect(authorize().headers?.location).toBe(
    "http://127.0.0.1:1/callback?code=control-code&iss=https%3A%2F%2Fcontrol.login.internal%2Frealms%2Fcontrol&state=s",
  );
});

test("a request is described by its body and its token's claims, and never by the token", () => {
  const claims = Buffer.from(JSON.stringify({ iss: "https://auth.example", aud: "gateway" })).toString("base64url");
  const described = describeRequest(initialize, `Bearer e30.${claims}.signature`);
  expect(described).toEqual({
    kind: "mcp",
    rpc: "initialize",
    bearer: true,
    issuer: "https://auth.example",
    audience: ["gateway"],
  });
  expect(describeRequest("grant_type=authorization_code&code=secret", undefined)).toEqual({
    kind: "token",
    grant: "authorization_code",
    bearer: false,
  });
  expect(describeRequest(JSON.stringify({ redirect_uris: [] }), undefined).kind).toBe("registration");
});
