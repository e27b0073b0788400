import type { Progress } from "../../helpers/core/terminal/progress.ts";
import type { RenderedChange } from "../../helpers/run/run-record.ts";
import type { MadeNetwork, NetworkPlan } from "../networks/network.ts";
import type { PartHandle, PartPlan, UpstreamAddress } from "../parts/part.ts";
import type { PartResources } from "../parts/part-resources.ts";

/** Names of the rigs, as the report, container names and labels show them. */
export const rigNames = [
  "edge",
  "gateway",
  "clients",
  "reachability",
  "test-gateway",
  "restartable-gateway",
  "login",
  "login-clients",
] as const;

/** Name of a rig. */
export type RigName = (typeof rigNames)[number];

/** Whether this is a rig's name. */
export function isRigName(name: string | undefined): name is RigName {
  return rigNames.some((known) => known === name);
}

/** What the rigs of one deployment are started from. */
export interface RigResources extends PartResources {
  progress: Progress;
}

/** What a rig pool gives to the starter of a rig. */
export interface RigTools {
  /** Starts a part, as `startPart` in parts/start-part.ts does; mutation testing reuses parts that would be identical. */
  startPart(rig: string, plan: PartPlan): Promise<PartHandle>;
  /** Creates networks, as `createNetworks` in networks/network.ts does. */
  createNetworks(rig: string, plans: readonly NetworkPlan[]): Promise<Map<string, MadeNetwork>>;
  /** Where parts are reused: removes those with routers of a previous deployment that are none of these. */
  removeOthers?(rig: string, names: ReadonlySet<string>): Promise<void>;
  /** Another rig of the run, for a rig that extends it; started at the first call. */
  rig(name: RigName): Promise<RigState>;
}

/** What starting a rig needs. */
export interface RigContext extends RigResources, RigTools {}

/** How each rig is started. */
export type RigStarters = Readonly<Record<RigName, (tools: RigTools) => Promise<RigState>>>;

/** A running rig, as plain data. */
export interface RigState {
  rig: RigName;
  parts: Readonly<Record<string, PartHandle>>;
  /** Network name in the deployment to its name on the engine. */
  networks: Readonly<Record<string, string>>;
  changes: readonly RenderedChange[];
  /** Key of a compose service to the part that runs it. */
  services?: Readonly<Record<string, string>>;
  /** Key of a compose service to the stand-in that runs in its place. */
  standIns?: Readonly<Record<string, string>>;
  /** Where each upstream listens that is in a container of its own, by the upstream's name. */
  upstreams?: Readonly<Record<string, UpstreamAddress>>;
}
