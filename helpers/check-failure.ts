import { displayPath } from "./deployment/display-path.ts";
import type { Place } from "./deployment/types.ts";

/** What a failing check says; every field is for the operator. */
export interface FailureStory {
  /** One sentence: what does not hold. */
  what: string;
  sent?: string;
  received?: string;
  likelyCause?: string;
  /** The line of the deployment that most likely causes it. */
  place?: Place;
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

function tell({ what, sent, received, likelyCause, place }: FailureStory): string {
  const lines = [what];
  if (sent !== undefined) lines.push(`  sent:         ${indent(sent)}`);
  if (received !== undefined) lines.push(`  received:     ${indent(received)}`);
  if (likelyCause !== undefined) lines.push(`  likely cause: ${indent(likelyCause)}`);
  const at = place === undefined ? undefined : `  look at:      ${displayPath(place.file)}:${place.line}`;
  // A failure that is made of others holds it already.
  if (at !== undefined && !what.includes(at)) lines.push(at);
  return lines.join("\n");
}

function indent(text: string): string {
  return text.replaceAll("\n", "\n                ");
}
