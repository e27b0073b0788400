import { expect, test } from "vitest";
import { CheckFailure } from "../../checks/check-failure.ts";
import { redact, redactError } from "./redaction.ts";

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
