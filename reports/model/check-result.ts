import type { AcceptedGap, CheckRecord } from "../../helpers/run/run-record.ts";

/** A defect of a part's version, as the suite has measured it. */
export type KnownDefect = Pick<AcceptedGap, "part" | "versions" | "reason" | "link">;

/** A check's record, with where the check is declared and when it ended. */
export interface CheckResult extends CheckRecord {
  /** The file that declares it, relative to the project's root. */
  file: string;
  /** Milliseconds since the epoch; 0 for a check that did not run. */
  endedAt: number;
  /** A defect of a part's version that explains the failure, although the deployment's known-gaps.yaml does not accept it. */
  knownDefect?: KnownDefect;
}

/** What people read of a known gap. */
type GapText = Pick<AcceptedGap, "reason" | "link" | "until">;

/** What explains a check's outcome, in a record or in a report. */
export interface Explanation {
  failure?: { message: string } | null | undefined;
  gap?: GapText | null | undefined;
  ownFault?: { message: string } | null | undefined;
  reason?: string | null | undefined;
}

/**
 * Why a check did not pass, as people read it: the failure with its facts, the reason of a known gap above its failure, the
 * fault of the check itself, or why it proves nothing. Undefined for a check that passed.
 */
export function messageOf({ failure, gap, ownFault, reason }: Explanation): string | undefined {
  if (gap) return [gapText(gap), ...(failure ? [failure.message] : [])].join("\n");
  return failure?.message ?? ownFault?.message ?? reason ?? undefined;
}

/** A known gap in one line: its reason, where it is being fixed, and until when it is accepted. */
export function gapText({ reason, link, until }: GapText): string {
  return `${reason} (${link}, until ${until})`;
}
