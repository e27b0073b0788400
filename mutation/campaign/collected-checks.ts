import type { Clients } from "../../containers/targets/clients.ts";
import type { Edge } from "../../containers/targets/edge.ts";
import type { Gateway } from "../../containers/targets/gateway.ts";
import type { Reach } from "../../containers/targets/reachability.ts";
import { assertKnown, type RequirementId } from "../../helpers/requirements/requirements.ts";
import type { Evidence } from "../../suites/runner/conformance.ts";

/** What a check gets of what it asks for; see `Fixtures` in suites/conformance.ts. */
export interface TrialFixtures {
  edge?: Edge;
  gateway?: Gateway;
  clients?: Clients;
  reach?: Reach;
  evidence?: Evidence;
}

/** A check as its spec file registers it. */
export interface CollectedCheck {
  requirements: readonly RequirementId[];
  sentence: string;
  /** Names of the fixtures that it asks for, from its source text, as vitest reads them. */
  needs: readonly string[];
  body(fixtures: TrialFixtures): Promise<void>;
}

let collecting: CollectedCheck[] = [];

/**
 * Stands in the place of suites/conformance.ts while mutants are judged (see checks.ts): a spec file that registers its
 * checks hands them over, and no test runner is needed to run them.
 */
export function conformance(
  requirements: readonly RequirementId[],
  sentence: string,
  body: CollectedCheck["body"],
): void {
  assertKnown(requirements);
  const [, parameters = ""] = /^(?:async\s*)?\(?\s*\{([^}]*)\}/.exec(body.toString()) ?? [];
  const needs = parameters.split(",").flatMap((name) => /\w+/.exec(name)?.[0] ?? []);
  collecting.push({ requirements, sentence, needs, body });
}

/** What `work` registers. Nothing else may register meanwhile: modules are loaded one after the other. */
export async function collect(work: () => Promise<unknown>): Promise<CollectedCheck[]> {
  const own: CollectedCheck[] = [];
  collecting = own;
  await work();
  return own;
}
