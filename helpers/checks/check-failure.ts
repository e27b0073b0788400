import { displayPath } from "../core/display-path.ts";
import type { SourceLocation } from "../deployment/types.ts";

/** What a failing check says; every field is for the operator. */
export interface FailureStory {
  /** One sentence: what does not hold. */
  what: string;
  sent?: string;
  received?: string;
  cause?: string;
  /** The line of the deployment that most likely causes it. */
  location?: SourceLocation;
  /** Where the failure sums up several cases: the stories of the first ones. */
  cases?: readonly FailureStory[];
}

/** A requirement does not hold. Anything else that a check throws is the suite's own fault or the environment's. */
export class CheckFailure extends Error {
  override readonly name = "CheckFailure";
  readonly story: FailureStory;

  constructor(story: FailureStory) {
    super(tell(story));
    this.story = story;
  }
}

function tell({ what, sent, received, cause, location }: FailureStory): string {
  const lines = [what];
  if (sent !== undefined) lines.push(`  sent:         ${indent(sent)}`);
  if (received !== undefined) lines.push(`  received:     ${indent(received)}`);
  if (cause !== undefined) lines.push(`  likely cause: ${indent(cause)}`);
  const at = location === undefined ? undefined : `  look at:      ${displayPath(location.file)}:${location.line}`;
  // A failure that is made of others holds it already.
  if (at !== undefined && !what.includes(at)) lines.push(at);
  return lines.join("\n");
}

function indent(text: string): string {
  return text.replaceAll("\n", "\n                ");
}
