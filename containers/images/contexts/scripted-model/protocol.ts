/**
 * The types of the interface between checks and the scripted model. The image contains only this folder, so they are
 * here; `containers/targets/scripted-model.ts` exports them to specs.
 */

/** The model's answers to the requests of one check. */
export interface Script {
  /** The requests that the script answers. */
  match: {
    /**
     * A text in the request's JSON: a correlation token in the prompt or in the agent's AGENTS.md. If several scripts
     * match, the one with the longest token answers.
     */
    includes: string;
  };
  /** In the order of the conversation; see {@link Turn}. */
  turns: Turn[];
  /** Keys by name. The journal records the name of the key of each request, never its value. */
  providerKeys?: Record<string, string>;
}

/**
 * One answer of the model. The request alone decides which turn is next: the one for which all calls of the earlier
 * turns have results, counted since the last user message. Retries and parallel clients are therefore safe. A turn
 * without calls is the last turn.
 */
export type Turn = SayTurn | CallTurn | FailTurn | HangTurn | DisconnectTurn;

/** The model answers with text. */
export interface SayTurn {
  say: string | SayFromToolResults;
  stream?: StreamShape;
}

/** A text with the tools' results: a canary in it proves that the results reached the model. */
export interface SayFromToolResults {
  from: "tool-results";
  /** `{results}` is replaced by the tool outputs of this round, one per line. Default: `{results}`. */
  template?: string;
}

/** The model calls tools; several are parallel calls. */
export interface CallTurn {
  call: ScriptedCall[];
  stream?: StreamShape;
}

/** One call of a tool. */
export interface ScriptedCall {
  /** The tool's name in the catalogue, e.g. `postgres-execute_sql`; the client under test may use another name. */
  tool: string;
  arguments: Record<string, unknown>;
}

/** The provider answers with an error. */
export interface FailTurn {
  fail: {
    status: number;
    /** JSON body; default: an error in OpenAI's format. */
    body?: unknown;
    /** E.g. `retry-after`. */
    headers?: Record<string, string>;
  };
}

/** The provider accepts the request and never answers; the connection ends when the client closes it. */
export interface HangTurn {
  hang: true;
}

/** The provider closes the connection before it answers. */
export interface DisconnectTurn {
  disconnect: true;
}

/** How a streamed answer is sent; no effect on other answers. */
export interface StreamShape {
  /** The number of pieces of each text and of each call's arguments. Default: 4. */
  chunks?: number;
  /** Milliseconds between two events. Default: 0. */
  delayMs?: number;
  /** The connection is closed after this number of events. */
  cutAfter?: number;
}

/** A tool that the script calls but the request does not offer. */
export interface ToolNotOffered {
  tool: string;
  /** Names in the request, a namespace's tools as `namespace.tool`. */
  offered: string[];
}

/** One request to the model, with its reply. */
export interface JournalEntry {
  /** Counts from 1, over all scripts. */
  sequence: number;
  /** Id of the script that matches the request; null if none does. */
  script: string | null;
  /** Index of the turn, from 0; absent if the script has no turn for the request. */
  turn?: number;
  /** Time of arrival, ISO 8601. */
  at: string;
  method: string;
  /** Path and query. */
  path: string;
  /** By lower-case name, without Authorization. */
  headers: Record<string, string>;
  /** The name of the request's key among {@link Script.providerKeys}; `unchecked` if the script has none. */
  providerKey: { name: string } | "another" | "missing" | "unchecked";
  /** The JSON body, or the text if it is not JSON. */
  body: unknown;
  /** Names of the tools in the request, a namespace's tools as `namespace.tool`. */
  toolsOffered: string[];
  /** Present if the request does not offer the tool of a scripted call: the check must fail. */
  toolNotOffered?: ToolNotOffered;
  /** Absent until the reply is finished. */
  reply?: JournalReply;
}

/** The reply to a request. */
export interface JournalReply {
  /** Absent if the connection was closed before a status was sent. */
  status?: number;
  streamed: boolean;
  /** The JSON body; for a stream, the complete answer. Fields that only repeat the request are omitted. */
  body?: unknown;
  /** The number of events sent; 0 if nothing was streamed. */
  events: number;
  /** `disconnected`: the script closed the connection. `abandoned`: the client closed it. */
  ended: "complete" | "disconnected" | "abandoned";
  /** Milliseconds from the request's arrival to the end of the reply. */
  took: number;
}
