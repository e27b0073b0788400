import { CheckFailure, type FailureDetails } from "../../helpers/checks/check-failure.ts";
import { exchangeEvidence } from "../../helpers/checks/evidence.ts";
import type { Deployment, SourceLocation } from "../../helpers/deployment/types.ts";
import type { Exchange } from "../../helpers/protocol/exchange.ts";
import { statusOf } from "./answers.ts";

/**
 * The cause of an answer to a caller without a valid key, where LiteLLM lets every caller in, e.g. because it has no master key.
 * Empty where it demands a key, and for an answer that is not a success.
 *
 * @param status of the answer
 */
export function everyoneAdmitted(
  { deployment }: { deployment: Pick<Deployment, "litellmConfig"> },
  status: number | undefined,
): Pick<FailureDetails, "cause" | "location" | "fix"> {
  const finding = deployment.litellmConfig.admitsEveryone;
  if (finding === undefined || status === undefined || status < 200 || status >= 400) return {};
  return { cause: `${finding.what}: ${finding.why}`, location: finding.location, fix: finding.fix };
}

/**
 * Control of a check that compares keys: where LiteLLM accepts any key, no answer says anything about one of them.
 *
 * @param answer to a request for LiteLLM's models with a key that nobody has
 * @param consequence what that means for the check, as part of a sentence
 * @throws {CheckFailure} `any-key-accepted`
 */
export function expectKeysToCount(
  gateway: { deployment: Pick<Deployment, "litellmConfig"> },
  answer: Exchange,
  consequence: string,
  location: SourceLocation,
): void {
  const status = answer.response?.status;
  if (status !== 200) return;
  throw new CheckFailure({
    summary: `LiteLLM accepts a key that nobody has: ${consequence}`,
    code: "any-key-accepted",
    expected: "a refusal of an unknown key at /v1/models",
    actual: statusOf(answer),
    evidence: exchangeEvidence(answer),
    cause: "LiteLLM demands no key",
    location,
    ...everyoneAdmitted(gateway, status),
  });
}
