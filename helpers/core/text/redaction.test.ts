import { expect, test } from "vitest";
import { CheckFailure } from "../../checks/check-failure.ts";
import { redact, redactError, redactValues, tokensIn } from "./redaction.ts";

const secrets = new Map([
  ["MASTER", "sk-canary-1"],
  ["MASTER_LONGER", "sk-canary-12"],
  ["URL", "postgresql://u:pass-9@db/x"],
]);

test("a secret is replaced by its name, the longest secret first", () => {
  expect(redact("Bearer sk-canary-12 and sk-canary-1", secrets)).toBe("Bearer ‹MASTER_LONGER› and ‹MASTER›");
});

test("the password of a URL is replaced where it is quoted on its own", () => {
  expect(redact("password pass-9 failed for postgresql://u:pass-9@db/x", secrets)).toBe(
    "password ‹URL› failed for ‹URL›",
  );
});

test("an error loses its secrets in message, stack, cause and details", () => {
  const cause = new Error("inner sk-canary-1");
  const error = new CheckFailure({
    summary: "leak",
    expected: "a",
    actual: "b",
    evidence: { sent: "Authorization: Bearer sk-canary-1" },
  });
  error.cause = cause;
  redactError(error, secrets);
  const all = [error.message, error.stack, cause.message, cause.stack, JSON.stringify(error.details)].join("\n");
  expect(all).not.toContain("sk-canary-1");
  expect(error.message).toContain("‹MASTER›");
});

test("a string is redacted, any other value is unchanged", () => {
  expect(redactError(undefined, secrets)).toBeUndefined();
  expect(redactError("sk-canary-1", secrets)).toBe("‹MASTER›");
});

const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");
const issuer = "https://auth.test/realms/gateway";
const jsonWebToken = `${part({ alg: "RS256" })}.${part({ iss: issuer, sub: "alice" })}.c2lnbmF0dXJl`;

test("what a login makes is replaced: tokens, codes and sessions", () => {
  const code = "2f1c8a5e-73b7-4a3d-9c2e-1f5b6a7d8e9f.x.y";
  const text = `Bearer ${jsonWebToken}; /callback?code=${code}&state=s; _oauth2_proxy=abcdefghijklmnopqrstuvwxyz|1|x; KC_AUTH_SESSION_HASH="abcdefghijklmnopqrstuvwxyz"; Path=/`;
  expect(redact(text, new Map())).toBe(
    "Bearer ‹token›; /callback?code=‹code›&state=s; _oauth2_proxy=‹session›; KC_AUTH_SESSION_HASH=‹session›; Path=/",
  );
});

test("a text discloses the tokens of an issuer, and not those of others", () => {
  expect(tokensIn(`x ${jsonWebToken} y`, issuer)).toEqual([jsonWebToken]);
  expect(tokensIn(jsonWebToken, "https://other.test")).toEqual([]);
});

test("a cookie at the end of a text is replaced without breaking the JSON around it", () => {
  const cookie = "_oauth2_proxy=abcdefghijklmnopqrstuvwxyz0123";
  expect(JSON.parse(redact(JSON.stringify({ cookie }), new Map()))).toEqual({ cookie: "_oauth2_proxy=‹session›" });
  const value = { received: "Cookie: _oauth2_proxy=abcdefghijklmnopqrstuvwxyz0123", next: ["sk-canary-1", 1, null] };
  expect(redactValues(value, new Map([["MASTER", "sk-canary-1"]]))).toEqual({
    received: "Cookie: _oauth2_proxy=‹session›",
    next: ["‹MASTER›", 1, null],
  });
});
