import { basename } from "node:path";
import type { Deployment } from "../../helpers/deployment/types.ts";
import type { RenderedChange } from "../../helpers/run/run-record.ts";
import type { PartPlan } from "../parts/part.ts";
import { secondReplica } from "./gateway-networks.ts";

/**
 * The replicas of LiteLLM after the first, with the same labels, so that Traefik balances between them. One is enough to tell
 * replicas apart, however many the operator has.
 */
export function replicasOf({ litellm }: Deployment, plan: PartPlan): PartPlan[] {
  return litellm.replicas > 1 ? [{ ...plan, name: secondReplica }] : [];
}

/** The replicas that the run does not start. */
export function replicaChange({ litellm }: Deployment): RenderedChange[] {
  if (litellm.replicas <= 2) return [];
  const { location } = litellm.settings.get("deploy.replicas") ?? litellm.settings.get("scale") ?? litellm;
  return [
    {
      where: `${basename(location.file)}:${litellm.key}`,
      what: `2 of ${litellm.replicas} replicas`,
      why: "two are enough to tell replicas apart",
    },
  ];
}
