import { rmSync } from "node:fs";
import { join } from "node:path";
import type { FinalCheckRun } from "../../containers/run/session.ts";
import type { Progress } from "../../helpers/core/terminal/progress.ts";
import type { FinalCheck, RepeatReason } from "../../helpers/run/run-record.ts";
import { type CheckObserver, executeCheck, folderOf } from "./execute-check.ts";
import { checkFiles, isFinal, loadChecks } from "./load-checks.ts";
import type { WhenStarved } from "./time-limits.ts";
import { fileKeeper } from "./vitest/failure-files.ts";
import { RunFiles } from "./vitest/run-files.ts";

/** So many doubtful failures of one kind that fail alone too confirm the others of it, once the patience for them is over. */
const confirming = 2;
/** Why a check is repeated. */
const causes: Readonly<Record<Exclude<RepeatReason, "alone">, string>> = {
  "time-limit": "the machine was busy",
  "broken-connection": "a connection broke",
  "slow-answers": "the machine was busy",
  "rate-limit": "a rate limit refused requests",
};
/** How long doubtful failures are repeated whatever comes of it, in milliseconds: each may take minutes on a slow gateway. */
const patienceForDoubtful = 120_000;
/** The reasons with which a failure is doubtful, and stands where the check is not repeated. */
const doubtful: readonly RepeatReason[] = ["broken-connection", "slow-answers", "rate-limit"];

/**
 * Runs the checks that come last, when every other check is over and before anything is taken down: first, one by one, those
 * that a starved machine may have failed, then those that take away what others use.
 *
 * @param directory of the run; a repeated check keeps its evidence and its failure in it
 * @param patience for doubtful failures of one kind, in milliseconds
 */
export async function runFinalChecks(
  { targets, surroundings, activeGaps, repeats }: FinalCheckRun,
  directory: string,
  progress: Progress,
  // Proofs judge: most of what fails there is meant to.
  patience = surroundings.config.starvedChecks === "judge" ? 0 : patienceForDoubtful,
): Promise<FinalCheck[]> {
  const { secrets, config } = surroundings;
  const whenStarved: WhenStarved = config.starvedChecks === "judge" ? "judge" : "environment";
  const done: FinalCheck[] = [];
  const others = repeats.length === 0 ? [] : await loadChecks(checkFiles().filter((file) => !isFinal(file)));
  const reasons = new Map(repeats.map(({ check, why }) => [check, why]));
  for (const why of ["time-limit", ...doubtful, "alone"] as const) {
    const isDoubtful = doubtful.includes(why);
    let confirmed = 0;
    let spent = 0;
    for (const check of others.filter(({ id }) => reasons.get(id) === why)) {
      if (isDoubtful && confirmed >= confirming && spent >= patience) continue;
      const files = new RunFiles(directory, secrets, { attach: async () => {}, link: async () => {} });
      const observer: CheckObserver = { ...withoutFiles, ...fileKeeper(files, check.file, surroundings) };
      const what = why === "alone" ? `run ${check.id} alone` : `repeat ${check.id} alone: ${causes[why]}`;
      const record = await progress.during(what, () =>
        executeCheck(check, { targets, secrets, activeGaps, observer, whenStarved }),
      );
      spent += record.duration;
      if (record.outcome === "failed") confirmed += 1;
      // What the first attempt left says nothing of the gateway.
      if (record.outcome !== "failed")
        rmSync(join(directory, "failures", folderOf(check)), { recursive: true, force: true });
      done.push({ record: { ...record, evidence: files.evidence }, file: check.file });
    }
  }
  for (const check of await loadChecks(checkFiles().filter(isFinal))) {
    const observer = withoutFiles;
    const record = await executeCheck(check, { targets, secrets, activeGaps, observer, whenStarved: "environment" });
    done.push({ record, file: check.file });
  }
  return done;
}

/** A final check works on what the others have left, and leaves nothing itself. */
const withoutFiles: CheckObserver = {
  keep: async (path: string) => path,
  keepPicture: async (path: string) => path,
  read: async () => "",
  addPhase: async () => {},
  addResponseLeaks: async () => {},
  did: async () => {},
  failed: async () => undefined,
};
