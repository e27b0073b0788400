import type { Progress } from "../../helpers/core/progress.ts";
import type { Canaries } from "../../helpers/deployment/canaries.ts";
import type { Deployment } from "../../helpers/deployment/types.ts";
import type { RenderedChange } from "../../helpers/run/run-record.ts";
import type { Engine } from "../engine/engine.ts";
import type { Run } from "../engine/run-labels.ts";
import type { Images } from "../images/images.ts";
import type { MadeNetwork, NetworkPlan } from "../networks/network.ts";
import type { PartHandle, PartPlan } from "../parts/part.ts";

/** What starting a rig needs. */
export interface RigContext {
  engine: Engine;
  run: Run;
  images: Images;
  /** Loaded with the run's canaries in place of its secrets. */
  deployment: Deployment;
  canaries: Canaries;
  progress: Progress;
  /** As `startPart` in part.ts. Who changes a deployment while it runs keeps the parts that come out the same. */
  startPart(rig: string, plan: PartPlan): Promise<PartHandle>;
  /** As `createNetworks` in network.ts. */
  createNetworks(rig: string, plans: readonly NetworkPlan[]): Promise<Map<string, MadeNetwork>>;
  /** Another rig of the run, for one that is added to it; started if nobody has asked for it yet. */
  rig(name: RigName): Promise<RigState>;
}

/** Names of the rigs. A check gets one by naming it in its parameters. */
export const rigNames = ["edge", "gateway", "clients", "reach", "trial", "restart"] as const;

export type RigName = (typeof rigNames)[number];

/** Whether this is a rig's name. */
export function isRigName(name: string | undefined): name is RigName {
  return rigNames.some((known) => known === name);
}

/** A rig that runs, as plain data. */
export interface RigState {
  rig: RigName;
  parts: Readonly<Record<string, PartHandle>>;
  /** Network name in the deployment to its name on the engine. */
  networks: Readonly<Record<string, string>>;
  changes: readonly RenderedChange[];
  /** Service of compose.yaml to the part that runs it, or stands for it. */
  services?: Readonly<Record<string, string>>;
}
