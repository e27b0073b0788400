import type { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPError } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import type { Tool } from "@modelcontextprotocol/sdk/types.js";
import { CheckFailure, type FailureDetails, type FailureEvidence } from "../../../helpers/checks/check-failure.ts";
import { deadlines } from "../../../helpers/core/deadlines.ts";
import { errorReason } from "../../../helpers/core/text/error-reason.ts";
import { catalogueName as nameInCatalogue } from "../../../helpers/deployment/litellm/expected-catalogue.ts";
import type { Deployment } from "../../../helpers/deployment/types.ts";
import type { Exchange } from "../../../helpers/protocol/exchange.ts";
import { isMessage, messagesIn } from "../../../helpers/protocol/json-rpc.ts";
import { listTools } from "../../../helpers/protocol/mcp.ts";

/** The cause of a failure, and where to change what. */
export type KnownCause = Pick<FailureDetails, "cause" | "location" | "fix">;

/** Whose catalogue is meant. */
export interface CatalogueOwner {
  readonly deployment: Pick<Deployment, "litellmConfig">;
}

/** The name of a server's tool (or prompt) in the gateway's catalogue. */
export function catalogueName({ deployment }: CatalogueOwner, server: string, tool: string): string {
  return nameInCatalogue(deployment.litellmConfig, server, tool);
}

/**
 * Connects the SDK's client, does the work and closes the client.
 *
 * @param peer what the client connects to, for the message, e.g. `the upstream pages`
 * @throws {CheckFailure} `no-result` when the handshake fails
 */
export async function withClient<T>(
  peer: string,
  connecting: Promise<Client>,
  work: (client: Client) => Promise<T>,
): Promise<T> {
  const client = await resultFrom(`initialize at ${peer}`, connecting);
  try {
    return await work(client);
  } finally {
    await client.close();
  }
}

/**
 * All tools that a server lists, from every page, over a connection of its own.
 *
 * @throws {CheckFailure} `no-result` when the server has no listing
 */
export async function toolsOf(peer: string, connecting: Promise<Client>): Promise<Tool[]> {
  return await withClient(peer, connecting, (client) => resultFrom(`tools/list at ${peer}`, listTools(client)));
}

/**
 * The result of one request of the SDK's client.
 *
 * @param request for the message, e.g. `tools/call of pages-first`
 * @param known the cause where it is known before the request
 * @throws {CheckFailure} `no-result` for whatever the SDK throws: an HTTP status, a JSON-RPC error, a time-out
 */
export async function resultFrom<T>(
  request: string,
  answer: Promise<T>,
  evidence: () => FailureEvidence = () => ({}),
  known: KnownCause = {},
): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    throw new CheckFailure({
      summary: `${request} has no result`,
      code: "no-result",
      expected: "a result",
      actual: sdkErrorText(error),
      ...causeIn(sdkErrorText(error)),
      evidence: { sent: request, received: error instanceof Error ? error.message : String(error), ...evidence() },
      ...known,
    });
  }
}

/** The content of a call's result as JSON, or `error: ` and the message: a call that may fail by either. */
export async function answerText(client: Client, name: string, input: Record<string, unknown>): Promise<string> {
  try {
    const options = { timeout: deadlines.mcpRequest };
    const answer = await client.callTool({ name, arguments: input }, undefined, options);
    return JSON.stringify(answer.content);
  } catch (error) {
    return `error: ${error instanceof Error ? error.message : String(error)}`;
  }
}

/**
 * Evidence from the recorded requests of the SDK's client.
 *
 * @param texts all of them are in the body of each request that is meant
 */
export function clientEvidence(
  http: { readonly exchanges: readonly Exchange[] },
  texts: readonly string[],
  shown: { sent?: string; received?: string },
): FailureEvidence {
  const meant = http.exchanges.filter(({ request }) => texts.every((text) => request.body?.includes(text)));
  return meant.length === 0 ? shown : { ...shown, exchanges: meant.map(({ id }) => id) };
}

/** The SDK puts the body of an HTTP error into its message; the JSON-RPC error in it is what matters. */
function sdkErrorText(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (!(error instanceof StreamableHTTPError)) return errorReason(error);
  const [message] = messagesIn(error.message.slice(Math.max(0, error.message.indexOf("{"))));
  const text = isMessage(message?.error) ? String(message.error.message) : error.message;
  return error.code === undefined ? text : `status ${error.code}: ${text}`;
}

/** What LiteLLM's own message says of the cause. */
function causeIn(message: string): Pick<FailureDetails, "cause" | "fix"> {
  if (message.includes("no MCP servers granted"))
    return { cause: "this key is granted no MCP server, or none that it is granted is loaded" };
  if (message.startsWith("fetch failed"))
    return { cause: "the connection ended before an answer: the server's process ended, or closed it" };
  return (
    missingSaltKey(message) ?? { cause: "the endpoint is not MCP, the key is refused, or the upstream does not answer" }
  );
}

/** The cause where LiteLLM's own message says that it has no LITELLM_SALT_KEY; undefined where it does not. */
export function missingSaltKey(message: string): Required<Pick<FailureDetails, "cause" | "fix">> | undefined {
  if (!message.includes("LITELLM_SALT_KEY")) return undefined;
  return {
    cause: "LiteLLM has no LITELLM_SALT_KEY, with which it seals the cursors of listings that have pages",
    fix: "set LITELLM_SALT_KEY in LiteLLM's environment; it must never change afterwards",
  };
}
