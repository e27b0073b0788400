import { basename } from "node:path";
import type { FailureDetails } from "../../../helpers/checks/check-failure.ts";
import { moduleLine, moduleLineOfAnswer, unnamedKey } from "../../../helpers/deployment/litellm/module-lines.ts";
import type { Deployment } from "../../../helpers/deployment/types.ts";
import type { Exchange } from "../../../helpers/protocol/exchange.ts";

type Cause = Pick<FailureDetails, "cause" | "fix" | "location">;

/** Where the operator's module has, or lacks, a key that LiteLLM refuses at its own port too: no label is the cause then. */
export function causeInModule(deployment: Pick<Deployment, "litellmConfig" | "policy">, secret: string): Cause {
  const location = moduleLine(deployment, secret);
  return location === undefined ? (unnamedKey(deployment, secret) ?? {}) : { location };
}

/** The cause of an answer with a text of the operator's module whose status is not a refusal. Empty for any other answer. */
export function answeredByModule(
  deployment: Pick<Deployment, "litellmConfig">,
  { response }: Pick<Exchange, "response">,
): Cause {
  const location = moduleLineOfAnswer(deployment, response?.body ?? "");
  if (response === undefined || response.status < 400 || location === undefined) return {};
  return {
    cause: `${basename(location.file)} refuses the key with ${response.status}, which no client takes for a refusal`,
    location,
    fix: "answer 403 to a key without the right, and 401 to an unknown one",
  };
}
