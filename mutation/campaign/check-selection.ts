import type { RigName } from "../../containers/rigs/rig.ts";
import type { Kind } from "../files/mutant.ts";
import { type Check, leakSearch } from "./checks.ts";

/** Where a mutant is tried: on the edge rig alone, then on the gateway rig and whatever is built on it. */
export const stageNames = ["edge", "gateway"] as const;

export type StageName = (typeof stageNames)[number];

/** Checks of some suites at some stage. */
interface Sight {
  stage: StageName;
  suites: readonly string[];
}

const edge: Sight = { stage: "edge", suites: ["routes", "injected-key"] };
const chain: Sight = { stage: "gateway", suites: ["routes", "injected-key"] };
const all = ["routes", "injected-key", "catalogue", "prompts", "reach"];

/** Which checks can notice what a mutant of this kind breaks, the cheapest stage first. */
const sights: Readonly<Record<Kind, readonly Sight[]>> = {
  "Traefik labels": [edge, chain],
  "Traefik command": [edge, { stage: "gateway", suites: ["routes", "injected-key", "reach"] }],
  "LiteLLM config": [{ stage: "gateway", suites: all }],
  "LiteLLM environment": [{ stage: "gateway", suites: all }],
  keys: [edge, { stage: "gateway", suites: all }],
  "scoped-key module": [{ stage: "gateway", suites: all }],
  "networks and ports": [{ stage: "gateway", suites: all }],
  firewall: [{ stage: "gateway", suites: ["reach"] }],
  "client configs": [{ stage: "gateway", suites: ["prompts"] }],
  versions: [edge, { stage: "gateway", suites: all }],
};

/** Rigs whose LiteLLM has upstreams that no operator has: what they show is LiteLLM's own, whatever the deployment says. */
const ownUpstreams: ReadonlySet<RigName> = new Set(["trial", "restart"]);

/** The checks that can see a mutant, by stage, for each that has any: a stage is begun when none before it has killed. */
export function stagesFor(kind: Kind, checks: readonly Check[]): { stage: StageName; checks: readonly Check[] }[] {
  const seeing = sights[kind].map(({ stage, suites }) => ({
    stage,
    checks: checks.filter(
      (check) =>
        check === leakSearch ||
        (suites.includes(check.suite) && stageOf(check) === stage && !check.rigs.some((rig) => ownUpstreams.has(rig))),
    ),
  }));
  return seeing.filter((one) => one.checks.length > 0);
}

/** A check that asks for several rigs belongs where the costliest of them is. */
function stageOf({ rigs }: Check): StageName {
  return rigs.every((rig) => rig === "edge") ? "edge" : "gateway";
}
