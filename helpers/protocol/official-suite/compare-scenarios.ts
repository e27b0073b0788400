import type { ScenarioCheck, ScenarioResults } from "./run-scenarios.ts";

/** A scenario that an upstream passes directly, and what became of it through the gateway. */
export interface ComparedScenario {
  scenario: string;
  /** What the scenario reported through the gateway: its failures; empty for a scenario that passed. */
  failures: readonly string[];
  /** Checks that succeeded directly, and are only warnings through the gateway. */
  warnings: readonly string[];
}

/**
 * The scenarios that an upstream passes directly: at least one check succeeded, and none failed.
 *
 * @param direct of the upstream itself
 * @param through of the same upstream through the gateway
 */
export function compareScenarios(direct: ScenarioResults, through: ScenarioResults): ComparedScenario[] {
  return [...direct].flatMap(([scenario, own]) => {
    const succeeded = new Set(own.filter(({ status }) => status === "SUCCESS").map(({ id }) => id));
    if (succeeded.size === 0 || own.some(isFailure)) return [];
    const found = through.get(scenario);
    if (found === undefined) return [{ scenario, failures: ["it did not end in time"], warnings: [] }];
    const warned = found.filter(({ id, status }) => status === "WARNING" && succeeded.has(id));
    return [{ scenario, failures: found.filter(isFailure).map(reported), warnings: warned.map(reported) }];
  });
}

function isFailure({ status }: ScenarioCheck): boolean {
  return status === "FAILURE";
}

function reported({ id, description, errorMessage }: ScenarioCheck): string {
  return `${id}: ${errorMessage ?? description}`;
}
