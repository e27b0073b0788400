import type { Transcript } from "./codex-transcript.ts";

/** What the gateway answers to the client's own key, asked from where the client is. */
export interface GatewayAnswers {
  /** Status of `GET /v1/models`; undefined when nothing answered. */
  models: number | undefined;
  /** Status of MCP's `initialize` at the URL of the client's config; undefined when nothing answered. */
  mcp: number | undefined;
  /** Names in the catalogue; undefined when `tools/list` had no result. */
  tools: readonly string[] | undefined;
}

/** What the model saw of one request: the tools that the client offered, and the scripted call that was not among them. */
export interface OfferedTools {
  toolsOffered: readonly string[];
  toolNotOffered?: unknown;
}

/** All that is known of an agent's turn that should have called a tool. */
export interface TurnEvidence {
  /** As the catalogue names it. */
  tool: string;
  transcript: Pick<Transcript, "toolCalls" | "errors" | "messages">;
  stderr: string;
  /** What the model was asked, by what it was shown. */
  journal: readonly OfferedTools[];
  gateway: GatewayAnswers;
}

/** Why a turn brought no result of the tool. */
export type Cause =
  | "gateway-down"
  | "wrong-key"
  | "mcp-unreachable"
  | "mcp-not-found"
  | "mcp-refused"
  | "mcp-broken"
  | "catalogue-empty"
  | "catalogue-late"
  | "tool-missing"
  | "model-not-reached"
  | "call-not-made"
  | "call-failed"
  | "made-up";

export interface Diagnosis {
  cause: Cause;
  /** One sentence for the operator. */
  sentence: string;
}

/**
 * Why an agent's turn brought no result of its tool; undefined when it did. Exit codes are not judged by: Codex ends with
 * 0 whether its tools are there or not. The gateway is asked first, for what it answers is a cause, and what the client
 * says is a consequence.
 */
export function diagnose(evidence: TurnEvidence): Diagnosis | undefined {
  if (evidence.transcript.toolCalls.some(({ tool, status }) => status === "completed" && names(tool, evidence.tool)))
    return undefined;
  return gatewayFault(evidence.gateway) ?? clientFault(evidence);
}

function gatewayFault({ models, mcp, tools }: GatewayAnswers): Diagnosis | undefined {
  if (models === undefined && mcp === undefined)
    return { cause: "gateway-down", sentence: "Nothing answers at the gateway's address: it is down, or not there." };
  if (models !== undefined && [400, 401, 403].includes(models))
    return {
      cause: "wrong-key",
      sentence: `The gateway does not accept the client's key: it answers ${models} to /v1/models${mcp === undefined ? "" : `, and ${mcp} to MCP`}.`,
    };
  if (mcp === undefined)
    return {
      cause: "mcp-unreachable",
      sentence: "The gateway answers, but nothing does at the MCP URL of the config.",
    };
  if (mcp === 404 || mcp === 405)
    return {
      cause: "mcp-not-found",
      sentence: `There is no MCP at the URL of the config (${mcp}): the path is another one, or no router leads there.`,
    };
  if (mcp === 401 || mcp === 403)
    return { cause: "mcp-refused", sentence: `MCP refuses the key (${mcp}) that the model's API accepts.` };
  if (mcp < 200 || mcp > 299)
    return {
      cause: "mcp-broken",
      sentence: `MCP answers ${mcp} to a key that the gateway accepts: the fault is in the gateway.`,
    };
  if (tools?.length === 0)
    return {
      cause: "catalogue-empty",
      sentence: "The catalogue is empty, behind a 200: no upstream answers the gateway, and no client can tell.",
    };
  return undefined;
}

function clientFault({ tool, transcript, stderr, journal, gateway }: TurnEvidence): Diagnosis {
  const catalogue = gateway.tools ?? [];
  const late: Diagnosis = {
    cause: "catalogue-late",
    sentence: `The catalogue (${catalogue.length} tools) came too late for the first turn: required = true waits for it, up to startup_timeout_sec.`,
  };
  if (journal.length === 0) {
    if (/timed out (?:awaiting|handshaking)|timed out after/.test(stderr)) return late;
    return {
      cause: "model-not-reached",
      sentence: `The client never asked the model: ${lastWords(stderr, transcript.errors)}`,
    };
  }
  const missing = journal.find(({ toolNotOffered }) => toolNotOffered !== undefined);
  if (missing !== undefined) {
    const shown = catalogue.filter((name) => missing.toolsOffered.some((offered) => names(offered, name)));
    if (shown.length === 0 && catalogue.length > 0) return late;
    return {
      cause: "tool-missing",
      sentence: catalogue.includes(tool)
        ? `The model was shown ${shown.length} of the catalogue's ${catalogue.length} tools, without ${tool}: the client's config leaves it out.`
        : `The catalogue has ${catalogue.length} tools, and ${tool} is none of them.`,
    };
  }
  const failed = transcript.toolCalls.find((call) => names(call.tool, tool));
  if (failed?.error !== undefined)
    return {
      cause: "call-not-made",
      sentence: `The client did not make the call: ${failed.error} (default_tools_approval_mode = "approve" lets it call unasked).`,
    };
  if (failed !== undefined)
    return {
      cause: "call-failed",
      sentence: `The call went out and ${failed.status === "failed" ? "failed" : "had no result"}: ${failed.resultText || "no text"}`,
    };
  return {
    cause: "made-up",
    sentence: `The model answered without calling ${tool}: whatever it says about it is made up.`,
  };
}

/** Whether a name, as a client shows it, is that tool's: clients put the server before it and turn `-` into `_`. */
export function names(shown: string, tool: string): boolean {
  const plain = (name: string): string => name.replaceAll("-", "_");
  return (
    plain(shown) === plain(tool) ||
    plain(shown).endsWith(`.${plain(tool)}`) ||
    plain(shown).endsWith(`__${plain(tool)}`)
  );
}

/** Longest quotation of a client's own words, in characters. */
const longestQuotation = 400;

function lastWords(stderr: string, errors: readonly string[]): string {
  const line = stderr
    .split("\n")
    .filter((one) => /error/i.test(one))
    .at(-1);
  const text = line ?? errors.at(-1) ?? "it says nothing about why";
  return text.length > longestQuotation ? `${text.slice(0, longestQuotation)}…` : text;
}
