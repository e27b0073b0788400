import { randomBytes } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import { deadlines, pollInterval } from "../../helpers/core/deadlines.ts";
import { EnvironmentError } from "../../helpers/core/errors.ts";
import type { Engine } from "../engine/engine.ts";
import type { Run } from "../engine/run-labels.ts";
import type { RunNetwork } from "../parts/part.ts";
import { type InterfaceAddress, type Slice, slicesOf } from "./subnet.ts";

/** A network to create. */
export interface NetworkPlan {
  /** Name in the deployment, e.g. `traefik-net`. */
  name: string;
  /** Whether it has no route to other networks. */
  internal: boolean;
  /** IPv6 in addition, where the engine's machine supports it. */
  ipv6?: boolean;
  /**
   * Whether its default route leads to an address that the engine assigns to no container, and that a part may take
   * ({@link MadeNetwork.router}). Otherwise it leads to the engine's machine, and so out of the throwaway network.
   */
  routed?: boolean;
  /** Whether the engine's machine has no IPv4 address on it: its services cannot be reached, and no port can be published. */
  apart?: boolean;
  /**
   * Whether its name must come after those of the rig's other networks: the default route of a part with several networks
   * uses the one whose name comes first.
   */
  last?: boolean;
}

/** A network that was created. */
export interface MadeNetwork extends RunNetwork {
  /** Whether it has IPv6 in addition to IPv4. */
  ipv6: boolean;
  /** The addresses that its default routes lead to, for a part that takes them; empty when the engine's machine has them. */
  router: readonly InterfaceAddress[];
}

/**
 * Creates the networks of a rig in parallel. The engine chooses their address ranges, so that runs do not conflict.
 *
 * @returns the networks by their name in the deployment
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
    // Another run may have got the range between the query and the creation.
    const rangeIsTaken = slices.length > 0 && /overlap/i.test(cause.message);
    if (!rangeIsTaken || performance.now() - began > deadlines.smallPartStart) throw noNetworks(rig, cause);
    await pause(pollInterval);
  }
}

function noNetworks(rig: string, cause: Error): EnvironmentError {
  return new EnvironmentError(
    `the engine cannot create the networks of the ${rig} rig: ${cause.message}; ` +
      "`docker network prune` frees the address ranges of unused networks",
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
    // The machine has no IPv6; callers see it in `MadeNetwork.ipv6`.
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

/** The range that the engine would assign to its next network, in slices: a rig then uses one range, not one per network. */
async function freeSlices(engine: Engine, run: Run, rig: string): Promise<Slice[]> {
  const probe = await engine.docker
    .createNetwork({
      Name: `${run.id}-${rig}-range-${randomBytes(3).toString("hex")}`,
      Driver: "bridge",
      Internal: true,
      Labels: run.labels,
    })
    .catch((cause: Error) => {
      throw noNetworks(rig, cause);
    });
  const { IPAM: ipam } = (await probe.inspect()) as { IPAM: { Config: { Subnet: string }[] } };
  await probe.remove();
  return slicesOf(ipam.Config[0]?.Subnet ?? "");
}

/** A unique local range (RFC 4193): 40 random bits make it different for every network. */
function uniqueLocalRange(): Slice {
  const random = randomBytes(5).toString("hex");
  const prefix = `fd${random.slice(0, 2)}:${random.slice(2, 6)}:${random.slice(6, 10)}:1`;
  return {
    subnet: `${prefix}::/64`,
    gateway: `${prefix}::1`,
    router: { address: `${prefix}::2`, prefixLength: 64 },
  };
}
