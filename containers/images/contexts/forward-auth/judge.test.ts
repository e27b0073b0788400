import { expect, test } from "vitest";
import { type ForwardAuthConfig, judge } from "./judge.ts";

const config: ForwardAuthConfig = {
  endpoints: [{ port: 9091, path: "/api/authz/forward-auth" }],
  session: { cookie: "session", value: "canary" },
  identity: { "Remote-User": "user" },
  refusal: { status: 401 },
};

test.each([
  [{ cookie: "session=canary" }, true],
  [{ cookie: "a=b; session=canary" }, true],
  [{ cookie: "session=another" }, false],
  [{ cookie: "xsession=canary" }, false],
  [{ authorization: "Bearer canary" }, false],
  [{}, false],
])("%j is approved: %s", (headers, approved) => {
  expect(judge(config, headers).approved).toBe(approved);
});

test("a judgement says what Traefik asked about", () => {
  const headers = {
    "user-agent": "probe (id)",
    "x-forwarded-method": "POST",
    "x-forwarded-uri": "/mcp/?x=1",
    "x-forwarded-host": "api.example.dev",
    "x-forwarded-proto": "https",
  };
  expect(judge(config, headers)).toEqual({
    agent: "probe (id)",
    method: "POST",
    uri: "/mcp/?x=1",
    host: "api.example.dev",
    proto: "https",
    approved: false,
  });
});
