import { existsSync } from "node:fs";
import { join } from "node:path";
import type { EnvironmentFailure, RunRecord } from "../../helpers/run/run-record.ts";
import type { CheckResult } from "../model/check-result.ts";
import type { CollectedFile } from "./collect.ts";

/** Failures of the engine, of parts and of the machine, by the run's record and by the checks' records: each once. */
export function environmentFailures(run: RunRecord | undefined, checks: readonly CheckResult[]): EnvironmentFailure[] {
  const failures = [...(run?.environmentFailures ?? []), ...checks.flatMap(environmentFailuresOf)];
  return [...new Map(failures.map((failure) => [failure.message, failure])).values()];
}

function environmentFailuresOf({ environment, evidenceLost }: CheckResult): EnvironmentFailure[] {
  if (environment !== undefined) return [environment];
  if (evidenceLost === undefined) return [];
  return [{ part: undefined, message: `evidence could not be written: ${evidenceLost}`, log: [] }];
}

interface FaultSources {
  files: readonly CollectedFile[];
  checks: readonly CheckResult[];
  unhandled: readonly { message?: string }[];
  run: RunRecord | undefined;
}

/**
 * The faults of the suite itself, one line each: whatever vitest counts as a failure must not end as conformant.
 *
 * @param checks what the run judges by: of a check that was repeated, what came of the repetition
 * @param unhandled errors that vitest could not attribute to a test
 * @param directory the run's directory
 */
export function suiteFaults({ files, checks, unhandled, run }: FaultSources, directory: string): string[] {
  return [
    ...unhandled.map(({ message }) => `unhandled error: ${message}`),
    ...(run === undefined && files.length > 0 ? ["run.json is missing: it is unknown what was tested"] : []),
    ...files.flatMap(faultsOfFile),
    ...checks.flatMap((check) => missingFiles(check, directory)),
  ];
}

function faultsOfFile({ file, broken, withoutRecord, failed, hasFailedTest }: CollectedFile): string[] {
  const unexplained = failed && !hasFailedTest && broken.length === 0;
  return [
    ...broken,
    ...(unexplained ? [`${file} failed, and no check says why`] : []),
    ...withoutRecord.map((name) => `${file}: "${name}" left no record; declare it with check()`),
  ];
}

function missingFiles({ id, evidence, failureFolder }: CheckResult, directory: string): string[] {
  const isMissing = (path: string): boolean => !existsSync(join(directory, path));
  return [
    ...evidence.filter(isMissing).map((path) => `${id}: the evidence ${path} is missing`),
    ...(failureFolder !== undefined && isMissing(failureFolder)
      ? [`${id}: the folder of its failure is missing: ${failureFolder}`]
      : []),
  ];
}
