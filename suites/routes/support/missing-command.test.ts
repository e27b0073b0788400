import { expect, test } from "vitest";
import { missingProgram, whyNotInLiteLLM } from "./missing-command.ts";

test.for<[number, string, string | undefined]>([
  [1, "/bin/sh: 1: wget: not found", "wget"],
  [127, "bash: line 1: curl: command not found", "curl"],
  [126, 'OCI runtime exec failed: exec failed: exec: "curl": executable file not found in $PATH', "curl"],
  [127, "", ""],
  [1, "404 Not Found", undefined],
  [0, "", undefined],
])("exit code %i and %j", ([exitCode, stderr, expected]) => {
  expect(missingProgram({ exitCode, stderr })).toBe(expected);
});

test("LiteLLM's image lost wget in 1.80.5, and curl before", () => {
  expect(whyNotInLiteLLM("wget", "1.77.1")).toBeUndefined();
  expect(whyNotInLiteLLM("wget", "1.106.2")?.cause).toContain("#17645");
  expect(whyNotInLiteLLM("curl", "1.77.1")?.cause).toContain("#9295");
  expect(whyNotInLiteLLM("pg_isready", "1.106.2")).toBeUndefined();
});
