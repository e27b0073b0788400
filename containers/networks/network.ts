import { randomBytes } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import { deadlines, pollInterval } from "../../helpers/core/deadlines.ts";
import { EnvironmentError } from "../../helpers/core/errors.ts";
import type { Engine } from "../engine/engine.ts";
import type { Run } from "../engine/run-labels.ts";
import type { RunNetwork } from "../parts/part.ts";
import { type InterfaceAddress, type Slice, slicesOf } from "./subnet.ts";

/** A network to be made. */
export interface NetworkPlan {
  /** Name in the deployment, e.g. `traefik-net`. */
  name: string;
  /** No way out of it. */
  internal: boolean;
  /** IPv6 as well, where the engine's machine has it. */
  ipv6?: boolean;
  /**
   * Where the default route of what is on it leads: to an address that the engine gives nobody, and that a part may take
   * ({@link MadeNetwork.router}). Without it, to the engine's machine, and so out of the throwaway network.
   */
  routed?: boolean;
  /** The engine's machine has no IPv4 address on it: its own services are out of reach, and no port can be published. */
  apart?: boolean;
  /** Not named after the rig: a multi-homed part's default route leads by the network whose name comes first. */
  last?: boolean;
}

/** A network that was made. */
export interface MadeNetwork extends RunNetwork {
  /** IPv6 as well as IPv4. */
  ipv6: boolean;
  /** Where the default route of what is on it leads, for a part that takes these addresses; empty where that is nobody. */
  router: readonly InterfaceAddress[];
}

/**
 * Makes the networks of a rig side by side. No subnet is fixed: the engine picks a free range, so that runs never meet.
 *
 * @returns by the name in the deployment
 * @throws {EnvironmentError} when the engine has no address range left
 */
export async function createNetworks(
  engine: Engine,
  run: Run,
  rig: string,
  plans: readonly NetworkPlan[],
): Promise<Map<string, MadeNetwork>> {
  const began = performance.now();
  for (;;) {
    const slices = plans.some(({ routed }) => routed) ? await freeSlices(engine, run, rig) : [];
    const outcomes = await Promise.allSettled(
      plans.map((plan, index) => createNetwork(engine, run, rig, plan, slices[index])),
    );
    const failure = outcomes.find((outcome) => outcome.status === "rejected");
    if (failure === undefined) {
      return new Map(
        outcomes.flatMap((outcome, index) =>
          outcome.status === "fulfilled" ? [[plans[index]?.name ?? "", outcome.value] as const] : [],
        ),
      );
    }
    await Promise.all(
      outcomes.map(async (outcome) => {
        if (outcome.status === "fulfilled") await engine.docker.getNetwork(outcome.value.id).remove();
      }),
    );
    const cause = failure.reason as Error;
    // Another run may have been given the range between the question and the creation.
    const overtaken = slices.length > 0 && /overlap/i.test(cause.message);
    if (!overtaken || performance.now() - began > deadlines.smallPartStart) throw noNetworks(rig, cause);
    await pause(pollInterval);
  }
}

function noNetworks(rig: string, cause: Error): EnvironmentError {
  return new EnvironmentError(
    `the engine made no networks for the ${rig} rig: ${cause.message}; ` +
      "`docker network prune` frees the address ranges of networks that nothing uses",
    { cause },
  );
}

async function createNetwork(
  engine: Engine,
  run: Run,
  rig: string,
  plan: NetworkPlan,
  slice: Slice | undefined,
): Promise<MadeNetwork> {
  const name = `${run.id}-${plan.last ? "suite" : rig}-${plan.name}`;
  const create = async (ipv6: Slice | undefined): Promise<MadeNetwork> => {
    const { id } = await engine.docker.createNetwork({
      Name: name,
      Driver: "bridge",
      Internal: plan.internal,
      CheckDuplicate: true,
      Labels: run.labels,
      ...(ipv6 === undefined ? {} : { EnableIPv6: true }),
      ...(plan.apart ? { Options: { "com.docker.network.bridge.inhibit_ipv4": "true" } } : {}),
      IPAM: {
        Driver: "default",
        Config: [
          ...(slice === undefined ? [] : [addressesOf(slice, plan.routed ? "DefaultGatewayIPv4" : undefined)]),
          ...(ipv6 === undefined ? [] : [addressesOf(ipv6, plan.routed ? "DefaultGatewayIPv6" : undefined)]),
        ],
      },
    });
    const router = plan.routed && slice !== undefined ? [slice.router, ...(ipv6 ? [ipv6.router] : [])] : [];
    return { name, id, ipv6: ipv6 !== undefined, router };
  };
  if (!plan.ipv6) return await create(undefined);
  try {
    return await create(uniqueLocalRange());
  } catch (error) {
    // A machine without IPv6; who needs it asks the network whether it has it.
    if (/ipv6/i.test((error as Error).message)) return await create(undefined);
    throw error;
  }
}

function addressesOf({ subnet, gateway, router }: Slice, routerKey: string | undefined) {
  return {
    Subnet: subnet,
    Gateway: gateway,
    ...(routerKey === undefined ? {} : { AuxiliaryAddresses: { [routerKey]: router.address } }),
  };
}

/** The range that the engine would give to its next network, in slices: a rig takes one range, not one a network. */
async function freeSlices(engine: Engine, run: Run, rig: string): Promise<Slice[]> {
  const asked = await engine.docker
    .createNetwork({
      Name: `${run.id}-${rig}-range-${randomBytes(3).toString("hex")}`,
      Driver: "bridge",
      Internal: true,
      Labels: run.labels,
    })
    .catch((cause: Error) => {
      throw noNetworks(rig, cause);
    });
  const { IPAM: ipam } = (await asked.inspect()) as { IPAM: { Config: { Subnet: string }[] } };
  await asked.remove();
  return slicesOf(ipam.Config[0]?.Subnet ?? "");
}

/** A range of RFC 4193: 40 random bits, so that no two networks are alike. */
function uniqueLocalRange(): Slice {
  const random = randomBytes(5).toString("hex");
  const prefix = `fd${random.slice(0, 2)}:${random.slice(2, 6)}:${random.slice(6, 10)}:1`;
  return {
    subnet: `${prefix}::/64`,
    gateway: `${prefix}::1`,
    router: { address: `${prefix}::2`, prefixLength: 64 },
  };
}
