import { startClientsRig } from "./clients-rig.ts";
import { startEdgeRig } from "./edge-rig.ts";
import { startGatewayRig } from "./gateway-rig.ts";
import { startReachRig } from "./reachability-rig.ts";
import type { RigContext, RigName, RigState } from "./rig.ts";
import { startRestartableGatewayRig, startTestGatewayRig } from "./test-gateway-rig.ts";

/** How each rig is started. A new rig is a module of its own, its name in rig.ts and a line here. */
export const rigStarters: Readonly<Record<RigName, (context: RigContext) => Promise<RigState>>> = {
  edge: startEdgeRig,
  gateway: startGatewayRig,
  clients: startClientsRig,
  reach: startReachRig,
  trial: startTestGatewayRig,
  restart: startRestartableGatewayRig,
};
