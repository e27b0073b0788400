import { suiteOf } from "../../helpers/requirements/suites.ts";
import type { RequirementResult } from "../model/outcomes.ts";

/**
 * What the deployment or its policy does not have, in one line: whole families by their name, other requirements by their ids,
 * each group with its reason. Undefined where everything is supported.
 */
export function unsupportedText(results: readonly RequirementResult[]): string | undefined {
  const lacking = results.filter(({ outcome }) => outcome === "not-supported");
  if (lacking.length === 0) return undefined;
  const byReason = Map.groupBy(lacking, reasonOf);
  return [...byReason].map(([reason, own]) => `${namesOf(own, results)} (${reason})`).join(", ");
}

function reasonOf({ checks }: RequirementResult): string {
  return checks.find(({ outcome }) => outcome === "not-supported")?.reason ?? "no reason given";
}

/** A family stands for its requirements where all of them that ran lack the same thing. */
function namesOf(own: readonly RequirementResult[], all: readonly RequirementResult[]): string {
  const families = Map.groupBy(own, ({ requirement }) => suiteOf(requirement.id).family);
  return [...families]
    .map(([family, members]) => {
      const ran = all.filter(
        ({ requirement, outcome }) => suiteOf(requirement.id).family === family && outcome !== "not-tested",
      );
      return ran.length === members.length && ran.length > 1
        ? family
        : members.map(({ requirement }) => requirement.id).join(" ");
    })
    .join(" ");
}
