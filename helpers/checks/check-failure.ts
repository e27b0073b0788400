import { displayPath } from "../core/text/display-path.ts";
import type { SourceLocation } from "../deployment/types.ts";

/** What a failure was found by. People read the texts; the ids lead a reproduction script to what was done. */
export interface FailureEvidence {
  /** What was sent or done. */
  sent?: string;
  /** What came back. */
  received?: string;
  /** Ids of the exchanges (`Exchange.id`). */
  exchanges?: readonly string[];
  /** Ids of the commands (`CommandRun.id`). */
  commands?: readonly string[];
  /** Ids of the connections (`TriedConnection.id`). */
  connections?: readonly string[];
}

/** A requirement that does not hold, field by field. Texts are for the operator; machines match on `code` and `case`. */
export interface FailureDetails {
  /** One sentence: what does not hold. */
  summary: string;
  /** Kind of the failure within its check, as a slug that does not change with the wording, e.g. `missing-tools`. */
  code?: string;
  /** The case that failed, of a check that tries several, e.g. `litellm.linuxserver.lan/uix`. */
  case?: string;
  /** What was expected, e.g. `401 from Traefik`. */
  expected: string;
  /** What happened instead, e.g. `200 from LiteLLM`. */
  actual: string;
  /** The likely cause, in one sentence. */
  cause?: string;
  /** The line of the deployment that most likely causes it. */
  location?: SourceLocation;
  /** What to do about it, in the imperative. */
  fix?: string;
  /**
   * Id of the check that judges what this one needs, e.g. that a server is listed at all. Where that check fails in the same run,
   * this failure follows from it, and reports show it below.
   */
  follows?: string;
  evidence?: FailureEvidence;
  /** Every failed case, where the check tries several. */
  cases?: readonly FailureDetails[];
}

/** A requirement does not hold. Anything else that a check throws is the suite's own fault or the environment's. */
export class CheckFailure extends Error {
  override readonly name = "CheckFailure";
  readonly details: FailureDetails;

  constructor(details: FailureDetails) {
    super(failureText(details));
    this.details = details;
  }
}

/**
 * A failure as an operator reads it: the sentence, then one labelled line for each fact. The summary of several cases has
 * their facts already.
 */
export function failureText({
  summary,
  expected,
  actual,
  evidence,
  cause,
  location,
  fix,
  cases,
}: FailureDetails): string {
  const lines = [summary];
  const add = (label: string, text: string | undefined): void => {
    if (text !== undefined && text !== "") lines.push(`  ${`${label}:`.padEnd(13)} ${indented(text)}`);
  };
  if (cases === undefined) {
    add("expected", expected);
    add("actual", actual);
  }
  add("sent", evidence?.sent);
  add("received", evidence?.received);
  add("likely cause", cause);
  const at = location === undefined ? undefined : `${displayPath(location.file)}:${location.line}`;
  // The summary of several cases shows the location of the first one already.
  if (at !== undefined && !summary.includes(`look at:      ${at}`)) add("look at", at);
  add("fix", fix);
  return lines.join("\n");
}

function indented(text: string): string {
  return text.replaceAll("\n", "\n                ");
}
