import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { z } from "zod";
import type { CheckOutcome } from "../../helpers/run/run-record.ts";
import { type ConformanceReport, checksOf, type ReportedCheck } from "../model/conformance-report.ts";

const fileName = "open-questions.yaml";

const questionsShape = z.array(
  z.strictObject({
    question: z.string(),
    /** Ids of checks, or of requirements for all of their checks. */
    checks: z.array(z.string()).min(1),
    holds: z.string(),
    fails: z.string(),
  }),
);

/** A question that a deployment's owner had, and the checks whose outcomes answer it. */
export type OpenQuestion = z.infer<typeof questionsShape>[number];

/**
 * The questions of a deployment; none where it has no `open-questions.yaml`.
 *
 * @param folder of the deployment
 * @throws {Error} naming the file, for one that is malformed
 */
export function readOpenQuestions(folder: string): readonly OpenQuestion[] {
  const file = join(folder, fileName);
  if (!existsSync(file)) return [];
  const parsed = questionsShape.safeParse(parse(readFileSync(file, "utf8")));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new Error(`${file}: ${issue?.path.join(".")}: ${issue?.message}`);
}

/** An answer, and the checks that it follows from. */
export interface Answer {
  question: string;
  answer: string;
  /** Those that decided; for an answer that all of them gave, all. */
  because: readonly ReportedCheck[];
}

/** The run's answer to each question. */
export function answersTo(questions: readonly OpenQuestion[], report: ConformanceReport): Answer[] {
  const all = checksOf(report);
  return questions.map(({ question, checks, holds, fails }) => {
    const own = all.filter(({ id }) => checks.some((asked) => id === asked || id.startsWith(`${asked}/`)));
    const of = (outcome: CheckOutcome): readonly ReportedCheck[] => own.filter((check) => check.outcome === outcome);
    const [failed, gaps, passed, lacking] = [of("failed"), of("known-gap"), of("passed"), of("not-supported")];
    if (failed.length > 0) return { question, answer: `**Problem found.** ${fails}`, because: failed };
    if (gaps.length > 0) return { question, answer: `**Known gap.** ${fails}`, because: gaps };
    if (of("not-tested").length > 0 || own.length === 0)
      return { question, answer: "**Not answered by this run.**", because: of("not-tested") };
    if (passed.length === 0) return { question, answer: `**Not as it is.** ${fails}`, because: lacking };
    return { question, answer: holds, because: passed };
  });
}
