import { basename } from "node:path";
import type { FailureDetails } from "../../../helpers/checks/check-failure.ts";
import { keyLine } from "../../../helpers/deployment/litellm/blame.ts";
import { moduleLineOfAnswer, moduleLineOfHeader } from "../../../helpers/deployment/litellm/module-lines.ts";
import type { Exchange } from "../../../helpers/protocol/exchange.ts";

type Blamed = Parameters<typeof keyLine>[0];

type Cause = Pick<FailureDetails, "cause" | "fix" | "location">;

/** Why LiteLLM answers an unknown key in another way than with a challenge. */
export function causeOfNoChallenge({ response }: Exchange, deployment: Blamed): Cause {
  const status = response?.status;
  const file = basename(deployment.litellmConfig.customAuthFile ?? "");
  const challenging = moduleLineOfHeader(deployment, "www-authenticate");
  const answering = moduleLineOfAnswer(deployment, response?.body ?? "");
  if (status !== 401 && answering !== undefined)
    return {
      cause: `${file} answers a key that does not exist with ${status}`,
      location: answering,
      fix: "answer 401",
    };
  if (status === 401 && challenging !== undefined)
    return {
      cause: `${file} names WWW-Authenticate, and does not send it with this answer`,
      location: challenging,
      fix: "send it with each 401",
    };
  if (response?.status === 400 && /No connected db/i.test(response.body))
    return {
      cause:
        "without a database LiteLLM can look no key up: it answers 400 'No connected db.' to each key but the master key",
      fix: "give LiteLLM a database, or judge the keys in a custom_auth module",
    };
  return {
    cause: "LiteLLM's own authentication sends no challenge with a 401 (RFC 9110 §15.5.2 requires one)",
    fix: "add WWW-Authenticate to a 401 in a custom_auth module",
  };
}

/** Why a known key is challenged: LiteLLM does not know it after all, or the operator's module challenges each caller that it refuses. */
export function causeOfChallenge({ response }: Exchange, bearer: string, deployment: Blamed): Cause {
  if (response?.status === 401) return keyLine(deployment, bearer) ?? {};
  const challenging = moduleLineOfHeader(deployment, "www-authenticate");
  if (challenging === undefined) return {};
  const file = basename(challenging.file);
  return {
    cause: `${file} sends WWW-Authenticate with another answer than 401: callers retry with the same key, without end`,
    location: challenging,
    fix: "send it with a 401 only",
  };
}
