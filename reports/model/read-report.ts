import { readFileSync } from "node:fs";
import { z } from "zod";
import { DeploymentError } from "../../helpers/core/errors.ts";

/** What explains a check's outcome: fields from schema version 3 on, and one text before. */
const comparableCheck = z.object({
  outcome: z.string(),
  failure: z
    .union([
      z.object({ message: z.string() }),
      // Until version 2: a folder.
      z.string().transform(() => null),
    ])
    .nullish(),
  gap: z.object({ reason: z.string(), link: z.string(), until: z.string() }).nullish(),
  ownFault: z.object({ message: z.string() }).nullish(),
  reason: z.string().nullish(),
  /** Until version 2. */
  message: z.string().nullish(),
});

/** What comparing and publishing reports needs, and reports of every schema version have: runs of older suites too. */
const comparableReport = z.object({
  suiteVersion: z.string(),
  run: z.object({ id: z.string(), startedAt: z.string(), finishedAt: z.iso.datetime() }),
  deployment: z.object({ folder: z.string(), digest: z.string() }),
  engine: z.object({ version: z.string() }),
  result: z.enum(["conformant", "not-conformant", "nothing-selected", "environment-failed"]),
  incomplete: z.string().nullable(),
  counts: z.record(z.string(), z.number()),
  requirements: z
    .array(
      z.object({
        id: z.string(),
        level: z.string(),
        statement: z.string(),
        outcome: z.string(),
        checks: z.array(comparableCheck).readonly(),
      }),
    )
    .readonly(),
  parts: z.array(z.object({ rig: z.string(), name: z.string(), version: z.string(), digest: z.string() })).readonly(),
  phases: z.array(z.object({ name: z.string(), milliseconds: z.number() })).readonly(),
});

/** The part of a report that is compared and published. */
export type ComparableReport = z.infer<typeof comparableReport>;

/**
 * Reads a `conformance.json` of this schema version or of an older one.
 *
 * @throws {DeploymentError} with one fault: what is wrong with the file
 */
export function readReport(file: string): ComparableReport {
  const refuse = (what: string): never => {
    throw new DeploymentError([{ file, what, fix: "name the conformance.json of a run" }]);
  };
  const parsed = comparableReport.safeParse(jsonOf(file, refuse));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  return refuse(`is not the report of a run (${issue?.path.join(".") || "it"}: ${issue?.message})`);
}

function jsonOf(file: string, refuse: (what: string) => never): unknown {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch (error) {
    if (error instanceof SyntaxError) return refuse(`is not JSON (${error.message})`);
    return refuse(`cannot be read (${(error as NodeJS.ErrnoException).code})`);
  }
}
