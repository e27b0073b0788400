import { CheckFailure, type FailureDetails } from "../../helpers/checks/check-failure.ts";
import { atLeast } from "../../helpers/deployment/litellm/version.ts";
import type { Deployment } from "../../helpers/deployment/types.ts";
import { type Exchange, header } from "../../helpers/protocol/exchange.ts";
import { isMessage, messagesOf } from "../../helpers/protocol/json-rpc.ts";

/**
 * A failure where LiteLLM lets every caller in, e.g. because it has no master key, and grants such a caller nothing: all listings
 * are empty, and calls are refused (1.95.0 measured; 1.77.1 grants it all). The failure then names that line instead of a cause
 * at the servers, and follows from the check of callers without a key.
 *
 * @param exchanges those of the check
 * @returns the same failure where nothing of the kind was seen
 */
export function withKeylessListing(
  failure: CheckFailure,
  exchanges: readonly Exchange[],
  deployment: Pick<Deployment, "litellmConfig"> | undefined,
): CheckFailure {
  const finding = deployment?.litellmConfig.admitsEveryone;
  const { details } = failure;
  if (finding === undefined || details.location === finding.location) return failure;
  if (!atLeast(deployment?.litellmConfig.version ?? "", firstWithGrants)) return failure;
  const answers = exchanges.filter(isFromLiteLLM);
  const listings = answers.flatMap(lengthsOfLists);
  if (listings.some((length) => length > 0)) return failure;
  const seen =
    listings.length > 0 || [...answers.map(({ response }) => response?.body), textOf(details)].some(isRefusal);
  // Checks share a listing: those after the first have sent nothing that shows it.
  if (!seen && !/\bCAT-02\b|catalogue is empty/.test(details.cause ?? "")) return failure;
  return new CheckFailure({
    ...details,
    cause: `${finding.what}: LiteLLM lets every caller in then, and grants it no MCP server`,
    location: finding.location,
    fix: finding.fix,
    follows: "CAT-10/no-key-at-litellm",
  });
}

/** Earlier ones show every server to a caller without a key. */
const firstWithGrants = "1.82.0";

/** Whether LiteLLM answered, by the name of its web server: checks ask upstreams directly too. */
function isFromLiteLLM({ response }: Exchange): boolean {
  return header(response?.headers, "server") === "uvicorn";
}

/** How many tools, prompts or resources an answer lists, for each of its lists; LiteLLM's own routes answer without JSON-RPC. */
function lengthsOfLists(exchange: Exchange): number[] {
  return messagesOf(exchange).flatMap((message) => {
    const listing = isMessage(message.result) ? message.result : message;
    return ["tools", "prompts", "resources"].flatMap((kind) => {
      const list = listing[kind];
      return Array.isArray(list) ? [list.length] : [];
    });
  });
}

function textOf({ actual, evidence }: FailureDetails): string {
  return [actual, evidence?.received].join("\n");
}

function isRefusal(text: string | undefined): boolean {
  return text?.includes("User not allowed to call this tool") ?? false;
}
