import { startClientsRig } from "./clients-rig.ts";
import { startEdgeRig } from "./edge-rig.ts";
import { startGatewayRig } from "./gateway-rig.ts";
import { startLoginClientsRig } from "./login-clients-rig.ts";
import { startLoginRig } from "./login-rig.ts";
import { startReachabilityRig } from "./reachability-rig.ts";
import type { RigContext, RigName, RigResources, RigStarters, RigState } from "./rig.ts";
import { startFailure } from "./start-failure.ts";
import { startRestartableGatewayRig, startTestGatewayRig } from "./test-gateway-rig.ts";

/** To add a rig: a module that starts it, its name in rig.ts and a line here. */
const starters: Readonly<Record<RigName, (context: RigContext) => Promise<RigState>>> = {
  edge: startEdgeRig,
  gateway: startGatewayRig,
  clients: startClientsRig,
  reachability: startReachabilityRig,
  "test-gateway": startTestGatewayRig,
  "restartable-gateway": startRestartableGatewayRig,
  login: startLoginRig,
  "login-clients": startLoginClientsRig,
};

/** How each rig of a deployment is started. A LiteLLM that refuses its config is the deployment's failure, see {@link startFailure}. */
export function rigStarters(resources: RigResources): RigStarters {
  const starterOf =
    (name: RigName): RigStarters[RigName] =>
    async (tools) => {
      try {
        return await starters[name]({ ...resources, ...tools });
      } catch (error) {
        throw startFailure(error, resources.deployment) ?? error;
      }
    };
  return {
    edge: starterOf("edge"),
    gateway: starterOf("gateway"),
    clients: starterOf("clients"),
    reachability: starterOf("reachability"),
    "test-gateway": starterOf("test-gateway"),
    "restartable-gateway": starterOf("restartable-gateway"),
    login: starterOf("login"),
    "login-clients": starterOf("login-clients"),
  };
}
