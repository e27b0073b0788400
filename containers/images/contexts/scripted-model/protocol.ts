/**
 * What a check and the scripted model say to each other. The image holds this folder alone, so the types live here;
 * `helpers/scripted-model.ts` hands them on to specs.
 */

/** What the model answers to the requests of one check. */
export interface Script {
  /** Which requests it is for. */
  match: {
    /**
     * Text that stands somewhere in the request's JSON: a correlation token in the prompt or in the agent's AGENTS.md.
     * Of several scripts that match, the longest token counts.
     */
    includes: string;
  };
  /** In the order in which the conversation reaches them; see {@link Turn}. */
  turns: Turn[];
  /** Keys by name; the journal says which of them the provider was called with. No value is kept in the journal. */
  providerKeys?: Record<string, string>;
}

/**
 * One answer of the model. Which one is due is read from the request alone: a turn is due once every call of the turns
 * before it has its result, counted since the last user message. Retries and parallel clients are therefore safe, and a
 * turn that doesn't call is the last one that can be reached.
 */
export type Turn = SayTurn | CallTurn | FailTurn | HangTurn | DisconnectTurn;

/** The model answers with text. */
export interface SayTurn {
  say: string | SayFromToolResults;
  stream?: StreamShape;
}

/** Text that holds what the tools returned: a canary in it proves that it came through them. */
export interface SayFromToolResults {
  from: "tool-results";
  /** `{results}` stands for the tool outputs of this round, one below the other. Default: `{results}`. */
  template?: string;
}

/** The model calls tools; several at once are parallel calls. */
export interface CallTurn {
  call: ScriptedCall[];
  stream?: StreamShape;
}

/** One call. */
export interface ScriptedCall {
  /** As the catalogue names it, e.g. `postgres-execute_sql`, however the client under test renames it. */
  tool: string;
  arguments: Record<string, unknown>;
}

/** The provider fails. */
export interface FailTurn {
  fail: {
    status: number;
    /** JSON body; default: an error in OpenAI's format. */
    body?: unknown;
    /** E.g. `retry-after`. */
    headers?: Record<string, string>;
  };
}

/** The provider takes the request and never answers; the connection ends when the client gives up. */
export interface HangTurn {
  hang: true;
}

/** The provider closes the connection before it answers. */
export interface DisconnectTurn {
  disconnect: true;
}

/** How a streamed answer is cut up; answers that are not streamed ignore it. */
export interface StreamShape {
  /** Pieces that each text and each call's arguments come in. Default: 4. */
  chunks?: number;
  /** Milliseconds between two events. Default: 0. */
  delayMs?: number;
  /** The connection is closed after so many events. */
  cutAfter?: number;
}

/** A tool that the script calls and the request doesn't offer. */
export interface ToolNotOffered {
  tool: string;
  /** Names in the request, a namespace's tools as `namespace.tool`. */
  offered: string[];
}

/** One request to the model, and what became of it. */
export interface JournalEntry {
  /** Counts up from 1 over all scripts. */
  sequence: number;
  /** The script that claimed the request; null when none did. */
  script: string | null;
  /** 0-based; absent when no turn was due. */
  turn?: number;
  /** When the request had arrived, ISO 8601. */
  at: string;
  method: string;
  /** Path and query. */
  path: string;
  /** By lower-case name, without Authorization. */
  headers: Record<string, string>;
  /** Which of the script's {@link Script.providerKeys} the call carried, by name; `unchecked` when the script has none. */
  providerKey: { name: string } | "another" | "missing" | "unchecked";
  /** The JSON body, or the text when it is none. */
  body: unknown;
  /** Names of the tools that the model was shown, a namespace's tools as `namespace.tool`. */
  toolsOffered: string[];
  /** Present when a scripted call found no such tool: the check must fail. */
  toolNotOffered?: ToolNotOffered;
  /** Absent while the request is being answered, or hangs. */
  reply?: JournalReply;
}

/** What was sent back. */
export interface JournalReply {
  /** Absent when the connection was closed before a status was sent. */
  status?: number;
  streamed: boolean;
  /** The JSON; of a stream, what its events add up to. Fields that only echo the request are left out. */
  body?: unknown;
  /** Events that were sent; 0 when nothing was streamed. */
  events: number;
  /** `disconnected`: by the script. `abandoned`: by the client. */
  ended: "complete" | "disconnected" | "abandoned";
  /** Milliseconds from the request's arrival to the end of the reply. */
  took: number;
}
