import type { TargetProvider } from "../../containers/targets/providers/target-provider.ts";
import type { KnownGap } from "../../helpers/requirements/known-gaps.ts";
import type { FinalCheck } from "../../helpers/run/run-record.ts";
import { type CheckObserver, executeCheck } from "./execute-check.ts";
import { checkFiles, isFinal, loadChecks } from "./load-checks.ts";
import { RunFiles } from "./vitest/run-files.ts";

/** What the checks that run last work with. */
export interface FinalCheckEnvironment {
  targets: TargetProvider;
  /** Name to value. */
  secrets: ReadonlyMap<string, string>;
  activeGaps(): readonly KnownGap[];
  /** Ids of the checks that are to be repeated alone. */
  repeats: readonly string[];
}

/**
 * Runs the checks that come last, when every other check is over and before anything is taken down: first, one by one, those
 * that exceeded a time limit on a starved machine.
 *
 * @param directory of the run; a repeated check keeps its evidence in it
 */
export async function runFinalChecks(
  { targets, secrets, activeGaps, repeats }: FinalCheckEnvironment,
  directory: string,
): Promise<FinalCheck[]> {
  const done: FinalCheck[] = [];
  const others = repeats.length === 0 ? [] : await loadChecks(checkFiles().filter((file) => !isFinal(file)));
  for (const check of others.filter(({ id }) => repeats.includes(id))) {
    const files = new RunFiles(directory, secrets, { attach: async () => {}, link: async () => {} });
    const observer: CheckObserver = {
      ...withoutFiles,
      keep: (path, content) => files.keep(path, content),
      keepPicture: (path, png) => files.keepPicture(path, png),
      read: (path) => files.read(path),
    };
    const record = await executeCheck(check, { targets, secrets, activeGaps, observer, whenStarved: "environment" });
    done.push({ record: { ...record, evidence: files.evidence }, file: check.file });
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
