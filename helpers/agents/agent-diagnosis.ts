import type { Transcript } from "./codex-transcript.ts";

/** What the gateway answers to the client's own key, requested from the client's machine. */
export interface GatewayAnswers {
  /** Status of `GET /v1/models`; undefined when there was no response. */
  models: number | undefined;
  /** Status of MCP's `initialize` at the URL in the client's config; undefined when there was no response. */
  mcp: number | undefined;
  /** Tool names in the catalogue; undefined when `tools/list` had no result. */
  tools: readonly string[] | undefined;
}

/** What the scripted model recorded of one request. */
export interface OfferedTools {
  /** The tools that the client offered to the model. */
  toolsOffered: readonly string[];
  /** Set when the script's next call is of a tool that was not offered. */
  toolNotOffered?: unknown;
}

/** What is known about an agent's turn that should have called a tool. */
export interface TurnEvidence {
  /** The tool's name in the catalogue. */
  tool: string;
  transcript: Pick<Transcript, "toolCalls" | "errors" | "messages">;
  stderr: string;
  /** Whether the client waits for the catalogue before its first turn (Codex: `required = true`). */
  waits: boolean;
  /** The requests that reached the model, in order. */
  journal: readonly OfferedTools[];
  gateway: GatewayAnswers;
}

/** Why a turn has no result of the tool. */
export type Cause =
  | "gateway-down"
  | "wrong-key"
  | "mcp-unreachable"
  | "mcp-not-found"
  | "mcp-refused"
  | "mcp-broken"
  | "catalogue-empty"
  | "catalogue-late"
  | "tools-dropped"
  | "tool-missing"
  | "tool-not-listed"
  | "model-not-reached"
  | "bad-gateway"
  | "call-not-made"
  | "call-failed"
  | "answered-without-call";

/** The cause, and how to say it to the operator. */
export interface Diagnosis {
  cause: Cause;
  /** One sentence for the operator. */
  sentence: string;
}

/**
 * Why an agent's turn has no result of its tool; undefined when it has one. Exit codes are ignored: Codex exits with 0
 * even when its tools are missing. A fault of the gateway comes first, because errors of the client are its
 * consequence.
 */
export function diagnose(evidence: TurnEvidence): Diagnosis | undefined {
  if (evidence.transcript.toolCalls.some(({ tool, status }) => status === "completed" && isNameOf(tool, evidence.tool)))
    return undefined;
  return gatewayFault(evidence.gateway) ?? clientFault(evidence);
}

function gatewayFault({ models, mcp, tools }: GatewayAnswers): Diagnosis | undefined {
  if (models === undefined && mcp === undefined)
    return {
      cause: "gateway-down",
      sentence: "Nothing answers at the gateway's address: the gateway is down, or the address is wrong.",
    };
  if (models !== undefined && [400, 401, 403].includes(models))
    return {
      cause: "wrong-key",
      sentence: `The gateway does not accept the client's key: it answers ${models} to /v1/models${mcp === undefined ? "" : `, and ${mcp} to MCP`}.`,
    };
  if (mcp === undefined)
    return {
      cause: "mcp-unreachable",
      sentence: "The gateway answers, but nothing answers at the MCP URL in the client's config.",
    };
  if (mcp === 404 || mcp === 405)
    return {
      cause: "mcp-not-found",
      sentence: `There is no MCP endpoint at the URL in the client's config (status ${mcp}): the path is wrong, or no router matches it.`,
    };
  if (mcp === 401 || mcp === 403)
    return { cause: "mcp-refused", sentence: `MCP refuses the key (status ${mcp}), although /v1/models accepts it.` };
  if (mcp < 200 || mcp > 299)
    return {
      cause: "mcp-broken",
      sentence: `MCP answers ${mcp} to a key that /v1/models accepts: the gateway is at fault.`,
    };
  if (tools?.length === 0)
    return {
      cause: "catalogue-empty",
      sentence:
        "The catalogue is empty although the status is 200: no upstream answers the gateway, and the client gets no error.",
    };
  return undefined;
}

function clientFault({ tool, transcript, stderr, waits, journal, gateway }: TurnEvidence): Diagnosis {
  const catalogue = gateway.tools ?? [];
  const late: Diagnosis = {
    cause: "catalogue-late",
    sentence: `The catalogue (${catalogue.length} tools) arrived after the first turn began. Set required = true: Codex then waits for it, up to startup_timeout_sec.`,
  };
  if (journal.length === 0) {
    if (/timed out (?:awaiting|handshaking)|timed out after/.test(stderr)) return late;
    return {
      cause: "model-not-reached",
      sentence: `The client sent no request to the model: ${lastError(stderr, transcript.errors)}`,
    };
  }
  const missing = journal.find(({ toolNotOffered }) => toolNotOffered !== undefined);
  if (missing !== undefined) {
    const shown = catalogue.filter((name) => missing.toolsOffered.some((offered) => isNameOf(offered, name)));
    if (shown.length === 0 && catalogue.length > 0) return waits ? toolsDropped(catalogue.length) : late;
    return catalogue.includes(tool)
      ? {
          cause: "tool-missing",
          sentence: `The client offered ${shown.length} of the catalogue's ${catalogue.length} tools to the model, without ${tool}: the client's config excludes it.`,
        }
      : { cause: "tool-not-listed", sentence: `The catalogue has ${catalogue.length} tools, but not ${tool}.` };
  }
  const failed = transcript.toolCalls.find((call) => isNameOf(call.tool, tool));
  if (/\b502\b.*Bad Gateway/.test(failed?.error ?? ""))
    return {
      cause: "bad-gateway",
      sentence:
        "The gateway's edge answered the call with 502: it sent it on a connection that LiteLLM closed at that moment " +
        "(see ROUTE-19), or LiteLLM did not answer.",
    };
  if (failed?.error !== undefined)
    return {
      cause: "call-not-made",
      sentence: `The client did not make the call: ${failed.error} (default_tools_approval_mode = "approve" allows calls without a question).`,
    };
  if (failed !== undefined)
    return {
      cause: "call-failed",
      sentence: `The client sent the call, and it ${failed.status === "failed" ? "failed" : "had no result"}: ${failed.resultText || "no text"}`,
    };
  return {
    cause: "answered-without-call",
    sentence: `The model answered without calling ${tool}: its answer contains no result of the tool.`,
  };
}

/** By LiteLLM's source (its PR#32536), 1.94 and 1.95 drop what Codex puts its servers' tools in. */
function toolsDropped(count: number): Diagnosis {
  return {
    cause: "tools-dropped",
    sentence:
      `The client waits for the catalogue (required = true), and yet none of its ${count} tools reached the model: the gateway ` +
      "drops them on the way to the provider, as LiteLLM 1.94 and 1.95 do with tools in a namespace for a provider without a " +
      "Responses API of its own.",
  };
}

/** Whether a client's name for a tool means this one: clients prefix the server's name and replace `-` with `_`. */
export function isNameOf(shown: string, tool: string): boolean {
  const normalised = (name: string): string => name.replaceAll("-", "_");
  return (
    normalised(shown) === normalised(tool) ||
    normalised(shown).endsWith(`.${normalised(tool)}`) ||
    normalised(shown).endsWith(`__${normalised(tool)}`)
  );
}

/** How many characters of a client's error message are quoted. */
const quotedCharacters = 400;

function lastError(stderr: string, errors: readonly string[]): string {
  const line = stderr
    .split("\n")
    .filter((one) => /error/i.test(one))
    .at(-1);
  const text = line ?? errors.at(-1) ?? "it reports no error";
  return text.length > quotedCharacters ? `${text.slice(0, quotedCharacters)}…` : text;
}
