import { whyUnpublished } from "../../../helpers/deployment/compose/unpublished-port.ts";
import type { Deployment } from "../../../helpers/deployment/types.ts";
import { locationOfUnpublished, type PairCause } from "../../../helpers/reachability/causes.ts";
import { whyHostUnanswered } from "../../../helpers/reachability/firewall-side-traffic.ts";

/**
 * Why a LAN host gets no answer of LiteLLM on a port of the gateway host: nothing publishes it, or the firewall denies the answers.
 * Undefined where the deployment's files do not say, and where there is a response.
 *
 * @param answer what the LAN host got
 */
export function whyNoAnswer(
  deployment: Deployment,
  port: number,
  { status, isLate }: { status: number; isLate: boolean },
): PairCause | undefined {
  const unpublished = whyUnpublished(deployment, port);
  if (unpublished !== undefined) {
    const location = unpublished.location ?? locationOfUnpublished(port, deployment);
    return { ...unpublished, ...(location === undefined ? {} : { location }) };
  }
  return status === 0 && isLate ? whyHostUnanswered("lan", port, deployment) : undefined;
}
