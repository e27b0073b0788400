import type { TestModule, TestRunEndReason } from "vitest/node";
import type { EnvironmentFailure } from "../../helpers/run/run-record.ts";

/** Why a run did not test everything; undefined when it did. */
export async function incompleteBecause(
  modules: readonly TestModule[],
  failures: readonly EnvironmentFailure[],
  reason: TestRunEndReason,
): Promise<string | undefined> {
  if (failures.length > 0) return failures.map(({ message }) => message).join("; ");
  if (reason === "interrupted") return "the run was interrupted";
  const vitest = modules[0]?.project.vitest;
  if (vitest === undefined) return "no spec file was run";
  const pattern = vitest.config.testNamePattern;
  // `source` escapes slashes, which every check's id has.
  if (pattern !== undefined) return `only checks that match ${pattern.source.replaceAll("\\/", "/")} were run`;
  const all = await vitest.globTestSpecifications();
  return modules.length < all.length ? `${modules.length} of ${all.length} spec files were run` : undefined;
}
