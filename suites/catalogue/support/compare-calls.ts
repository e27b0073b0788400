import type { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { type CallToolResult, CallToolResultSchema } from "@modelcontextprotocol/sdk/types.js";
import { CheckFailure, type FailureDetails, type FailureEvidence } from "../../../helpers/checks/check-failure.ts";
import { deadlines } from "../../../helpers/core/deadlines.ts";
import { differences } from "../../../helpers/core/text/json-difference.ts";
import type { Exchange } from "../../../helpers/protocol/exchange.ts";
import { type CatalogueOwner, catalogueName, clientEvidence, type KnownCause, resultFrom } from "./mcp-client.ts";
import { serverFinding } from "./server-finding.ts";

/** A call of an upstream's tool. */
export interface ToolCall {
  server: string;
  /** Without the server's prefix. */
  tool: string;
  input: Record<string, unknown>;
}

/** A call that was made through the gateway and directly, with both results. */
export interface AnsweredCall extends ToolCall {
  /** The tool's name in the gateway's catalogue. */
  name: string;
  through: CallToolResult;
  direct: CallToolResult;
  /** The requests of the check that made the calls. */
  http: RecordedRequests;
}

/** The requests that a check sent. */
export interface RecordedRequests {
  readonly exchanges: readonly Exchange[];
}

/**
 * Makes a call through the gateway and directly.
 *
 * @throws {CheckFailure} `no-result` when one of the two has no result
 */
export async function callBoth(
  gateway: CatalogueOwner & { readonly http: RecordedRequests },
  call: ToolCall,
  through: Client,
  direct: Client,
): Promise<AnsweredCall> {
  const { server, tool, input } = call;
  const { http } = gateway;
  const name = catalogueName(gateway, server, tool);
  const known = serverFinding(gateway, [server]);
  const [one, other] = await Promise.all([
    callTool(through, name, input, http, known),
    callTool(direct, tool, input, http),
  ]);
  return { ...call, name, through: one, direct: other, http };
}

/**
 * @param known what is known about the server, for the failure
 * @throws {CheckFailure} `no-result`
 */
export async function callTool(
  client: Client,
  name: string,
  input: Record<string, unknown>,
  http: RecordedRequests,
  known: KnownCause = {},
): Promise<CallToolResult> {
  // The client's own callTool() validates structured content against the listed schema, which no check here is about.
  const request = client.request({ method: "tools/call", params: { name, arguments: input } }, CallToolResultSchema, {
    timeout: deadlines.mcpRequest,
  });
  return await resultFrom(`tools/call of ${name}`, request, () => callEvidence(http, name, input, {}), known);
}

/**
 * Compares an aspect of the results of calls.
 *
 * @param options.code the kind of failure, from the calls that differ
 * @throws {CheckFailure} with the differences of each call; `nothing-to-compare`
 */
export function expectSameResults(
  calls: readonly AnsweredCall[],
  options: {
    /** Name of the aspect, e.g. `isError`. */
    aspect: string;
    of(result: CallToolResult): unknown;
    code(different: readonly AnsweredCall[]): string;
    /** What is known about the calls, for the failure. */
    known?: Partial<FailureDetails>;
  },
): void {
  const { aspect, of, code, known = {} } = options;
  if (calls.length === 0) {
    throw new CheckFailure({
      summary: "there is no call to compare",
      code: "nothing-to-compare",
      expected: "at least one call of a tool",
      actual: "none: no upstream of the policy has a database or a directory",
    });
  }
  const compared = calls.map((call) => ({ call, lines: differences(of(call.direct), of(call.through)) }));
  const different = compared.filter(({ lines }) => lines.length > 0);
  const [first] = different;
  if (first === undefined) return;
  const { name, input, http } = first.call;
  const shown = different.flatMap(({ call, lines }) => [
    `${call.name} ${JSON.stringify(call.input)}`,
    ...lines.map((line) => `  ${line}`),
  ]);
  throw new CheckFailure({
    summary: `calls through the gateway differ from direct calls in ${aspect}`,
    code: code(different.map(({ call }) => call)),
    expected: `the upstream's ${aspect} in each call`,
    actual: `another ${aspect} in ${different.length} of ${calls.length} calls`,
    cause: "LiteLLM builds a new result from what the upstream answers",
    evidence: callEvidence(http, name, input, { received: shown.join("\n") }),
    ...known,
  });
}

/** The recorded requests of a call, which a reproduction script repeats. */
export function callEvidence(
  http: RecordedRequests,
  name: string,
  input: Record<string, unknown>,
  shown: { received?: string },
): FailureEvidence {
  const [tool, sent] = [JSON.stringify(name), JSON.stringify(input)];
  return clientEvidence(http, ['"tools/call"', tool, sent], { sent: `tools/call of ${name} ${sent}`, ...shown });
}
