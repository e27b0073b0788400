import { expect, test } from "vitest";
import { CheckFailure } from "../checks/check-failure.ts";
import { redact, redactError } from "./redaction.ts";

const secrets = new Map([
  ["MASTER", "sk-canary-1"],
  ["MASTER_LONGER", "sk-canary-12"],
  ["URL", "postgresql://u:pass-9@db/x"],
]);

test("a secret is replaced by its name, the longest first", () => {
  expect(redact("Bearer sk-canary-12 and sk-canary-1", secrets)).toBe("Bearer ‹MASTER_LONGER› and ‹MASTER›");
});

test("the password of a URL counts where it is quoted apart", () => {
  expect(redact("password pass-9 failed for postgresql://u:pass-9@db/x", secrets)).toBe(
    "password ‹URL› failed for ‹URL›",
  );
});

test("an error loses its secrets in message, stack, cause and story", () => {
  const cause = new Error("inner sk-canary-1");
  const error = new CheckFailure({ what: "leak", sent: "Authorization: Bearer sk-canary-1" });
  error.cause = cause;
  redactError(error, secrets);
  const all = [error.message, error.stack, cause.message, cause.stack, JSON.stringify(error.story)].join("\n");
  expect(all).not.toContain("sk-canary-1");
  expect(error.message).toContain("‹MASTER›");
});

test("what is no error stays what it is", () => {
  expect(redactError(undefined, secrets)).toBeUndefined();
  expect(redactError("sk-canary-1", secrets)).toBe("‹MASTER›");
});
