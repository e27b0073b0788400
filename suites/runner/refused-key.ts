import { CheckFailure, type FailureDetails } from "../../helpers/checks/check-failure.ts";
import { jsonOf } from "../../helpers/core/text/json.ts";
import { keyLine } from "../../helpers/deployment/litellm/blame.ts";
import type { Deployment } from "../../helpers/deployment/types.ts";
import { type Exchange, header } from "../../helpers/protocol/exchange.ts";
import { isMessage } from "../../helpers/protocol/json-rpc.ts";
import { explainEach } from "./failure-cases.ts";

/**
 * A failure whose check names no line, where LiteLLM refused a key of the deployment and should not have: the failure then names
 * the line that says what this key may do.
 *
 * @param exchanges those of the check
 * @returns the same failure where nothing of the kind was seen
 */
export async function withRefusedKey(
  failure: CheckFailure,
  exchanges: readonly Exchange[],
  deployment: Parameters<typeof keyLine>[0] | undefined,
): Promise<CheckFailure> {
  if (deployment === undefined) return failure;
  const located = await explainEach(failure.details, exchanges, (one, shown) => locate(one, shown, deployment));
  return located === failure.details ? failure : new CheckFailure(located);
}

function locate(
  details: FailureDetails,
  shown: readonly Exchange[],
  deployment: Pick<Deployment, "litellmConfig" | "litellm" | "policy" | "variables">,
): FailureDetails {
  const { actual, expected, location, follows, evidence } = details;
  if (evidence?.exchanges === undefined) return details;
  if (location !== undefined || follows !== undefined) return details;
  if (!refusal.test(actual) || refusal.test(expected)) return details;
  const refused = shown.findLast(refusesKey);
  const key = /^Bearer +(\S+)$/i.exec(header(refused?.request.headers, "authorization") ?? "")?.[1];
  const line = key === undefined ? undefined : keyLine(deployment, key);
  return line === undefined ? details : { ...details, ...line };
}

const refusal = /\b40[13]\b/;

/**
 * Whether LiteLLM itself refused the key: its errors are JSON, and those of Traefik and of login services are text. A 403 because
 * no MCP server is loaded (LiteLLM 1.106.2) says nothing about the key.
 */
function refusesKey({ response }: Exchange): boolean {
  if (response?.status !== 401 && response?.status !== 403) return false;
  const body = jsonOf(response.body);
  return isMessage(body) && ("error" in body || "detail" in body) && !/MCP servers/i.test(response.body);
}
