import { EnvironmentError } from "../helpers/faults.ts";
import type { Engine } from "./engine.ts";
import type { RunNetwork } from "./part.ts";
import type { Run } from "./run.ts";

/** A network to be made. */
export interface NetworkPlan {
  /** Name in the deployment, e.g. `traefik-net`. */
  name: string;
  /** No way out of it. */
  internal: boolean;
}

/**
 * Makes the networks of a rig side by side. No subnet is named: the engine picks free ones, so that runs never meet.
 *
 * @returns by the name in the deployment
 * @throws {EnvironmentError} when the engine has no address range left
 */
export async function createNetworks(
  engine: Engine,
  run: Run,
  rig: string,
  plans: readonly NetworkPlan[],
): Promise<Map<string, RunNetwork>> {
  const made = await Promise.all(
    plans.map(async (plan) => {
      const name = `${run.id}-${rig}-${plan.name}`;
      try {
        const { id } = await engine.docker.createNetwork({
          Name: name,
          Driver: "bridge",
          Internal: plan.internal,
          CheckDuplicate: true,
          Labels: run.labels,
        });
        return [plan.name, { name, id }] as const;
      } catch (cause) {
        throw new EnvironmentError(
          `the engine made no network for ${plan.name}: ${(cause as Error).message}; ` +
            "`docker network prune` frees the address ranges of networks that nothing uses",
          { cause },
        );
      }
    }),
  );
  return new Map(made);
}
