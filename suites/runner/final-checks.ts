import type { TargetProvider } from "../../containers/targets/providers/target-provider.ts";
import type { KnownGap } from "../../helpers/requirements/known-gaps.ts";
import type { FinalCheck } from "../../helpers/run/run-record.ts";
import { executeCheck } from "./execute-check.ts";
import { checkFiles, isFinal, loadChecks } from "./load-checks.ts";

/** What the checks that run last work with. */
export interface FinalCheckEnvironment {
  targets: TargetProvider;
  /** Name to value. */
  secrets: ReadonlyMap<string, string>;
  activeGaps(): readonly KnownGap[];
}

/** Runs the checks that come last, when every other check is over and before anything is taken down. */
export async function runFinalChecks({ targets, secrets, activeGaps }: FinalCheckEnvironment): Promise<FinalCheck[]> {
  const done: FinalCheck[] = [];
  for (const check of await loadChecks(checkFiles().filter(isFinal))) {
    const record = await executeCheck(check, { targets, secrets, activeGaps, observer: withoutFiles });
    done.push({ record, file: check.file });
  }
  return done;
}

/** A final check works on what the others have left, and leaves nothing itself. */
const withoutFiles = {
  keep: async (path: string) => path,
  keepPicture: async (path: string) => path,
  read: async () => "",
  addPhase: async () => {},
  addResponseLeaks: async () => {},
  did: async () => {},
  failed: async () => undefined,
};
