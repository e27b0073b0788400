import type { TestModule, TestRunEndReason } from "vitest/node";
import type { EnvironmentFailure } from "../../helpers/run/run-record.ts";

/** Why a run did not try everything; undefined when it did. */
export async function incompleteBecause(
  modules: readonly TestModule[],
  failures: readonly EnvironmentFailure[],
  reason: TestRunEndReason,
): Promise<string | undefined> {
  if (failures.length > 0) return failures.map(({ message }) => message).join("; ");
  if (reason === "interrupted") return "the run was interrupted";
  const vitest = modules[0]?.project.vitest;
  if (vitest === undefined) return "no spec file was run";
  if (vitest.config.testNamePattern !== undefined)
    return `only checks named like ${vitest.config.testNamePattern.source} were run`;
  const all = await vitest.globTestSpecifications();
  return modules.length < all.length ? `${modules.length} of ${all.length} spec files were run` : undefined;
}
