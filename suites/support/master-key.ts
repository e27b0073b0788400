import type { FailureDetails } from "../../helpers/checks/check-failure.ts";
import type { Deployment } from "../../helpers/deployment/types.ts";

/**
 * The cause of an answer to a caller without a valid key, where LiteLLM has no master key: then it takes every caller for
 * an admin. Empty where it has one, and for an answer that is not a success.
 *
 * @param status of the answer
 */
export function withoutMasterKey(
  { deployment }: { deployment: Pick<Deployment, "litellmConfig"> },
  status: number | undefined,
): Pick<FailureDetails, "cause" | "location" | "fix"> {
  const finding = deployment.litellmConfig.masterKeyFinding;
  if (finding === undefined || status === undefined || status < 200 || status >= 400) return {};
  return { cause: `${finding.what}: ${finding.why}`, location: finding.location, fix: finding.fix };
}
