import { expect, test } from "vitest";
import type { Policy, PolicySecret } from "../types.ts";
import { makeCanaries } from "./canaries.ts";

const location = { file: "policy.yaml", line: 1 };
const secret = (name: string, kind: PolicySecret["kind"]): PolicySecret => ({
  name,
  in: "variable",
  kind,
  mayBeIn: [],
  location,
});
const policy = (...secrets: PolicySecret[]): Policy => ({ secrets }) as unknown as Policy;

test("every run has its own canaries", () => {
  const one = makeCanaries(policy(secret("KEY", "api-key")), new Map([["KEY", "sk-1"]]));
  const other = makeCanaries(policy(secret("KEY", "api-key")), new Map([["KEY", "sk-1"]]));
  expect(one.secrets.get("KEY")).toMatch(/^sk-canary-[0-9a-f]{32}$/);
  expect(one.secrets.get("KEY")).not.toBe(other.secrets.get("KEY"));
  expect(one.database).not.toBe(other.database);
});

test("secrets that share a value share a canary, so that a key which is used twice still is", () => {
  const { secrets } = makeCanaries(
    policy(secret("MASTER", "api-key"), secret("STATUS", "api-key"), secret("OTHER", "api-key")),
    new Map([
      ["MASTER", "sk-same"],
      ["STATUS", "sk-same"],
      ["OTHER", "sk-other"],
    ]),
  );
  expect(secrets.get("STATUS")).toBe(secrets.get("MASTER"));
  expect(secrets.get("OTHER")).not.toBe(secrets.get("MASTER"));
});

test("unset secrets do not share a canary", () => {
  const { secrets } = makeCanaries(policy(secret("A", "api-key"), secret("B", "api-key")), new Map());
  expect(secrets.get("A")).not.toBe(secrets.get("B"));
});

test("only the password of a database URL is replaced", () => {
  const { secrets } = makeCanaries(
    policy(secret("URL", "postgres-url")),
    new Map([["URL", "postgresql://reader:hidden@db.example:5433/orders?sslmode=disable"]]),
  );
  const url = new URL(secrets.get("URL") ?? "");
  expect(url.password).toMatch(/^canary-/);
  url.password = "hidden";
  expect(url.href).toBe("postgresql://reader:hidden@db.example:5433/orders?sslmode=disable");
});

test.each([
  [
    "users with password hashes",
    "admin:$$apr1$$abcdefgh$$ijklmnopqrstuvwxyz0123, guest:$2y$05$abcdefghijklmnopqrstuv",
    /^admin:\{SHA\}[\w+/]{27}=,guest:\{SHA\}[\w+/]{27}=$/,
  ],
  ["a user with a plain password", "admin:CHANGE_ME", /^admin:canary-[0-9a-f]{32}$/],
  ["an address", "https://example.org", /^canary-[0-9a-f]{32}$/],
  ["a password with colons", "a:b:c", /^canary-[0-9a-f]{32}$/],
  ["a password with a comma", "a:b,c", /^canary-[0-9a-f]{32}$/],
])("Traefik's basicAuth can read the canary of users and passwords: %s", (_, original, canary) => {
  const { secrets } = makeCanaries(policy(secret("USERS", "password")), new Map([["USERS", original]]));
  expect(secrets.get("USERS")).toMatch(canary);
});
