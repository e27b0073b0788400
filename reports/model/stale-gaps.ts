import type { TestModule } from "vitest/node";
import { activeGaps, readKnownGaps, staleGapLine, staleGaps } from "../../helpers/requirements/known-gaps.ts";
import type { RunRecord } from "../../helpers/run/run-record.ts";
import type { RequirementResult } from "./outcomes.ts";

/**
 * The deployment's known gaps that are gone, one line each. Only a run that tried everything can tell: a check that was
 * left out may be the one that fails.
 */
export function staleGapLines(
  modules: readonly TestModule[],
  run: RunRecord | undefined,
  requirements: readonly RequirementResult[],
): string[] {
  const descriptor = modules[0]?.project.getProvidedContext().run;
  if (descriptor === undefined || run === undefined) return [];
  const running = new Map(run.parts.map(({ name, version }) => [name, version]));
  // What is wrong with the file itself has kept the run from beginning.
  const { gaps } = readKnownGaps(descriptor.deployment);
  return staleGaps(activeGaps(gaps, running), requirements).map(staleGapLine);
}
