import type { ActionLog } from "../../../helpers/checks/action-log.ts";
import type { CheckFailure } from "../../../helpers/checks/check-failure.ts";
import type { EnvironmentError } from "../../../helpers/core/errors.ts";
import type { RecordingClient } from "../../../helpers/protocol/recording-client.ts";
import type { RigState } from "../../rigs/rig.ts";
import type { Need, TargetTypes } from "../needs.ts";

/** A rig that a check uses, with the client that its requests go through where it sends any. */
export interface UsedRig {
  state: RigState;
  http?: RecordingClient;
}

/** What a check got. */
export interface ConnectedTargets {
  targets: Partial<TargetTypes>;
  rigs: readonly UsedRig[];
  /** Every client that the check's requests go through. */
  http: readonly RecordingClient[];
}

/** Hands targets to checks: rigs of this run, or a gateway that runs elsewhere. */
export interface TargetProvider {
  /** What of these needs it cannot provide, each with what would provide it; empty when it can provide all. */
  unmet(needs: readonly Need[]): readonly string[];
  /** Why checks with these needs do not apply to the deployment; undefined where they do. */
  unsupported(needs: readonly Need[]): string | undefined;
  /**
   * Connects a check to its targets; waits until they are ready.
   *
   * @param label of the check, which its requests carry in `User-Agent`
   * @throws {EnvironmentError} when a part does not start
   */
  connect(needs: readonly Need[], check: { label: string; actions: ActionLog }): Promise<ConnectedTargets>;
  /**
   * Why a failure may be the environment's and not the gateway's, or that of a service of the operator that has ended; undefined
   * when everything is up.
   */
  environmentTrouble(rigs: readonly UsedRig[]): Promise<EnvironmentError | CheckFailure | undefined>;
}
