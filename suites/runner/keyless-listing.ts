import { CheckFailure, type FailureDetails } from "../../helpers/checks/check-failure.ts";
import { atLeast } from "../../helpers/deployment/litellm/version.ts";
import type { Deployment } from "../../helpers/deployment/types.ts";
import { type Exchange, header } from "../../helpers/protocol/exchange.ts";
import { isMessage, messagesOf } from "../../helpers/protocol/json-rpc.ts";
import { explainEach } from "./failure-cases.ts";

/**
 * A failure where LiteLLM lets every caller in, e.g. because it has no master key, and grants such a caller nothing: all listings
 * are empty, and calls and the routes of admins are refused (1.95.0 measured; 1.77.1 grants it all). The failure then names that line instead of a cause
 * at the servers, and follows from the check of callers without a key.
 *
 * @param exchanges those of the check
 * @returns the same failure where nothing of the kind was seen
 */
export async function withKeylessListing(
  failure: CheckFailure,
  exchanges: readonly Exchange[],
  deployment: Pick<Deployment, "litellmConfig"> | undefined,
): Promise<CheckFailure> {
  const finding = deployment?.litellmConfig.admitsEveryone;
  if (finding === undefined || !atLeast(deployment?.litellmConfig.version ?? "", firstWithGrants)) return failure;
  if (exchanges.filter(isFromLiteLLM).some(listsSomething)) return failure;
  const details = await explainEach(failure.details, exchanges, (one, shown) => explain(one, shown, finding));
  return details === failure.details ? failure : new CheckFailure(details);
}

function explain(details: FailureDetails, shown: readonly Exchange[], finding: AdmitsEveryone): FailureDetails {
  if (details.location === finding.location) return details;
  const answers = shown.filter(isFromLiteLLM);
  const texts = [...answers.map(({ response }) => response?.body), textOf(details)];
  const seen = answers.some((one) => asksForAdmin(one) || lengthsOfLists(one).length > 0) || texts.some(isRefusal);
  // Checks share a listing: those after the first have sent nothing that shows it.
  if (!seen && !/\bCAT-02\b|catalogue is empty/.test(details.cause ?? "")) return details;
  return {
    ...details,
    cause: `${finding.what}: LiteLLM lets every caller in then, and grants it no MCP server and no route of admins`,
    location: finding.location,
    fix: finding.fix,
    follows: "CAT-10/no-key-at-litellm",
  };
}

type AdmitsEveryone = NonNullable<Deployment["litellmConfig"]["admitsEveryone"]>;

/** LiteLLM's refusal of a caller who is not an administrator; an address that is not allowed, or a hook, has other texts. */
function asksForAdmin({ response }: Exchange): boolean {
  return response?.status === 403 && /\badmin\b/i.test(response.body);
}

function listsSomething(exchange: Exchange): boolean {
  return lengthsOfLists(exchange).some((length) => length > 0);
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
  return /User not allowed to (?:call this tool|get this prompt|read this resource)|Available tools: none/.test(
    text ?? "",
  );
}
