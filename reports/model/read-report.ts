import { readFileSync } from "node:fs";
import { z } from "zod";
import { DeploymentError } from "../../helpers/core/errors.ts";

/**
 * What reports of every schema version have, and what comparing and publishing them needs: runs of older suites stand
 * beside newer ones.
 */
const comparableReport = z.object({
  suiteVersion: z.string(),
  run: z.object({ id: z.string(), startedAt: z.string(), finishedAt: z.iso.datetime() }),
  deployment: z.object({ folder: z.string(), digest: z.string() }),
  engine: z.object({ version: z.string() }),
  result: z.enum(["conformant", "not-conformant", "environment-failed"]),
  incomplete: z.string().nullable(),
  counts: z.record(z.string(), z.number()),
  requirements: z
    .array(
      z.object({
        id: z.string(),
        level: z.string(),
        statement: z.string(),
        outcome: z.string(),
        checks: z.array(z.object({ outcome: z.string(), message: z.string().nullable() })).readonly(),
      }),
    )
    .readonly(),
  parts: z.array(z.object({ rig: z.string(), name: z.string(), version: z.string(), digest: z.string() })).readonly(),
  phases: z.array(z.object({ name: z.string(), milliseconds: z.number() })).readonly(),
});

/** A report, as far as runs are compared. */
export type ComparableReport = z.infer<typeof comparableReport>;

/**
 * Reads a `conformance.json` of this suite's version or of another.
 *
 * @throws {DeploymentError} with one line that says what is wrong with the file
 */
export function readReport(file: string): ComparableReport {
  const wrong = (what: string): never => {
    throw new DeploymentError([{ file, what, fix: "name the conformance.json of a run" }]);
  };
  const parsed = comparableReport.safeParse(jsonOf(file, wrong));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  return wrong(`is no report of a run (${issue?.path.join(".") || "it"}: ${issue?.message})`);
}

function jsonOf(file: string, wrong: (what: string) => never): unknown {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch (error) {
    if (error instanceof SyntaxError) return wrong(`is no JSON (${error.message})`);
    return wrong(`can't be read (${(error as NodeJS.ErrnoException).code})`);
  }
}
