import { deadlines } from "../../helpers/core/deadlines.ts";
import { movedAddresses } from "../../helpers/deployment/clients/codex-copy.ts";
import { internalHostOf } from "../../helpers/deployment/policy/access.ts";
import { originOf } from "../../helpers/deployment/services/origins.ts";
import { faultHost, faultlessHost, faults } from "../images/contexts/fault-front/faults.ts";
import { hostCertificate, trustOf } from "../parts/deployment/traefik/host-certificate.ts";
import type { PartHandle, PartPlan } from "../parts/part.ts";
import { commandSucceeds, readyWhenRunning } from "../parts/readiness.ts";
import { heavyMachines, lightMachines } from "./client-machines.ts";
import { agentNetworks } from "./gateway-networks.ts";
import type { RigContext, RigState } from "./rig.ts";

/** Port on which the fault front listens. Nothing listens on its other ports. */
const frontPort = 80;

/**
 * Starts the clients rig: machines with MCP clients on the networks of the gateway rig's agent, and the fault front, through
 * which they connect to a gateway that fails.
 *
 * @throws {EnvironmentError} when a part does not start
 */
export async function startClientsRig(rig: RigContext): Promise<RigState> {
  const name = "clients";
  const { deployment, images, config } = rig;
  // The images are built or pulled while the gateway boots.
  const clientMachines = config.clients === "all" ? [...lightMachines, ...heavyMachines] : lightMachines;
  const plansFor = clientMachines.map(async ({ name: part, image, version }) => ({
    part,
    image: await images.get(image, version),
  }));
  const [gateway, front, certificate, ...machines] = await Promise.all([
    rig.rig("gateway"),
    images.get("fault-front"),
    hostCertificate(deployment),
    ...plansFor,
  ]);
  // Where a user of the gateway is. The engine accepts a network's name instead of its id.
  const networks = agentNetworks(deployment).flatMap((name) => {
    const made = gateway.networks[name];
    return made === undefined ? [] : [{ name: made, id: made }];
  });
  const on = (aliases: readonly string[]): PartPlan["networks"] => networks.map((network) => ({ network, aliases }));
  const { policy } = deployment;
  const host = internalHostOf(policy);
  const ofHost = host === undefined ? "" : originOf(deployment, host);
  // The gateway as the agent calls it.
  const [moved] = movedAddresses(deployment);
  const origin = moved === undefined ? ofHost : new URL(moved.to).origin;
  const plans: PartPlan[] = [
    {
      name: "fault-front",
      image: front,
      networks: on([...faults.map(faultHost), faultlessHost, "gateway-down.faults"]),
      environment: {
        GATEWAY: origin,
        MCP_ENDPOINT: policy.mcp.endpoint,
        PORT: String(frontPort),
      },
      // Not published: this machine has no address on the LAN.
      ready: commandSucceeds(
        "node",
        "-e",
        `fetch("http://127.0.0.1:${frontPort}/_health").then(({ ok }) => process.exit(ok ? 0 : 1))`,
      ),
      startDeadline: deadlines.smallPartStart,
    },
    ...machines.map(({ part, image }) => ({
      name: part,
      image,
      networks: on([]),
      entrypoint: ["sleep"],
      command: ["infinity"],
      ready: readyWhenRunning,
      startDeadline: deadlines.smallPartStart,
      ...trustOf(certificate),
    })),
  ];
  const started = await Promise.all(plans.map((plan) => rig.startPart(name, plan)));
  const parts: Record<string, PartHandle> = Object.fromEntries(started.map((part) => [part.name, part]));
  return { rig: name, parts, networks: gateway.networks, changes: [] };
}
