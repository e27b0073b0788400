import { isTargetName } from "../../containers/targets/needs.ts";
import { suiteOf } from "../../helpers/requirements/suites.ts";
import { isFinal, type LoadedCheck } from "../../suites/runner/load-checks.ts";
import type { Kind } from "../files/mutant.ts";

/** Where a mutant is tried: on the edge rig only, then on the gateway rig and the rigs that extend it. */
export const stageNames = ["edge", "gateway"] as const;

export type StageName = (typeof stageNames)[number];

/** Some checks, at the stage where they run. */
export interface StageChecks {
  stage: StageName;
  checks: readonly LoadedCheck[];
}

/** Kinds of mutants that change what the edge rig is started from. */
const edgeKinds: ReadonlySet<Kind> = new Set<Kind>(["Traefik labels", "Traefik command", "keys", "versions"]);

/**
 * The checks that can detect a mutant of this kind, by stage: those of the suites that say so in `suite.yaml`, and the
 * final checks. A stage without any is left out; a stage is tried when no check of an earlier one has detected the mutant.
 */
export function stagesFor(kind: Kind, checks: readonly LoadedCheck[]): StageChecks[] {
  return stageNames
    .filter((stage) => stage === "gateway" || edgeKinds.has(kind))
    .map((stage) => ({ stage, checks: checks.filter((check) => canDetect(check, kind, stage)) }))
    .filter((one) => one.checks.length > 0);
}

function canDetect(check: LoadedCheck, kind: Kind, stage: StageName): boolean {
  if (isFinal(check.file)) return true;
  return suiteOf(check.id).detects.includes(kind) && stageOf(check) === stage && !usesTestUpstreams(check);
}

/** A check with several targets belongs to the stage of the costliest one. */
function stageOf({ needs }: LoadedCheck): StageName {
  return needs.filter(isTargetName).every((target) => target === "edge") ? "edge" : "gateway";
}

/** Upstreams that no operator has: such a check shows LiteLLM's own behaviour, whatever the deployment says. */
function usesTestUpstreams({ needs }: LoadedCheck): boolean {
  return needs.includes("testGateway") || needs.includes("restartableGateway");
}
