import { expect, test } from "vitest";
import type { LoginExchange } from "../../../containers/targets/login-clients.ts";
import { isFurther, type LoginStory, lastRefusal, lastStep, stepsOf } from "./login-steps.ts";

const gateway = "https://gateway.example";
const provider = "https://auth.example/realms/r";

function exchange(
  method: string,
  url: string,
  status: number,
  more: Partial<LoginExchange> = { kind: "other" },
): LoginExchange {
  return {
    client: "192.0.2.1",
    at: "2026-01-01T00:00:00.000Z",
    method,
    url,
    status,
    kind: "other",
    bearer: false,
    ...more,
  };
}

const initialize = exchange("POST", `${gateway}/mcp`, 401, { kind: "mcp", rpc: "initialize" });
const discovery = [
  exchange("GET", `${gateway}/.well-known/oauth-protected-resource/mcp`, 200),
  exchange("GET", `https://auth.example/.well-known/oauth-authorization-server/realms/r`, 200),
];
const registration = exchange("POST", `${provider}/register`, 201, { kind: "registration" });
const token = exchange("POST", `${provider}/token`, 200, { kind: "token", grant: "authorization_code" });
const withToken = { kind: "mcp", bearer: true } as const;

function story(exchanges: readonly LoginExchange[], more: Partial<LoginStory> = {}): LoginStory {
  return { exchanges, authorization: undefined, isBack: false, ...more };
}

const loggedIn = { authorization: `${provider}/auth?response_type=code`, isBack: true };

test("a login that completes has every step", () => {
  const exchanges = [
    initialize,
    ...discovery,
    registration,
    token,
    exchange("POST", `${gateway}/mcp`, 200, { ...withToken, rpc: "initialize" }),
    exchange("GET", `${gateway}/mcp`, 405, withToken),
    exchange("POST", `${gateway}/mcp`, 200, { ...withToken, rpc: "tools/list" }),
  ];
  expect(stepsOf(story(exchanges, loggedIn))).toHaveLength(10);
  expect(lastRefusal(exchanges)).toBeUndefined();
});

test("a refused registration ends a login at the metadata", () => {
  const refused = { ...registration, status: 403, refusal: "Host not trusted" };
  expect(lastStep(stepsOf(story([initialize, ...discovery, refused])))).toBe("server metadata");
  expect(lastRefusal([initialize, ...discovery, refused])).toBe(refused);
});

test("a refused token ends a login at the token", () => {
  const refused = exchange("POST", `${gateway}/mcp`, 401, { ...withToken, rpc: "initialize" });
  expect(lastStep(stepsOf(story([initialize, ...discovery, token, refused], loggedIn)))).toBe("token");
  expect(lastRefusal([initialize, ...discovery, token, refused])).toBe(refused);
});

test("a tools/list that another request's token did not reach is none", () => {
  const list = exchange("POST", `${gateway}/mcp`, 401, { ...withToken, rpc: "tools/list" });
  expect(stepsOf(story([initialize, list]))).not.toContain("tools/list");
});

test("steps are compared by their order", () => {
  expect(isFurther("token", "login")).toBe(true);
  expect(isFurther("login", "login")).toBe(false);
  expect(isFurther("connection", "nothing")).toBe(true);
});
