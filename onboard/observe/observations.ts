import type { Tool } from "@modelcontextprotocol/sdk/types.js";
import type { Answer } from "../protocol/channel.ts";
import type { RefusedOutcome } from "./subject.ts";

/** What a server offers, as one connection saw it. */
export interface Catalogue {
  protocolVersion: string;
  server: { name: string; version: string };
  instructions: string;
  tools: readonly Tool[];
  prompts: readonly object[];
  resources: readonly object[];
  /** What is wrong with the listing itself, e.g. a cursor that repeats. */
  faults: readonly string[];
}

/** Why a call was made. */
export type CallPurpose = "example" | "sample" | "bad-arguments" | "unknown-tool" | "hostile";

/** One call of a tool, and what it did. */
export interface CallRecord {
  purpose: CallPurpose;
  tool: string;
  arguments: Readonly<Record<string, unknown>>;
  /** The kind of canary, for a hostile call. */
  attack?: Attack;
  /** The path that the shell would create, for an attack on it. */
  mark?: string;
  /** Of the example, for an example. */
  expected?: { contains: readonly string[]; fails: boolean };
  answer: Answer;
  /** Parts whose state is another one than before the call, with the difference. */
  changed: readonly string[];
  /** What of a hostile call came true. */
  harm?: string;
}

export type Attack = "traversal" | "SQL" | "shell";

/** How a server met both protocol eras. */
export interface EraAnswers {
  /** `initialize` with a revision before 2026. */
  legacy: Answer;
  /** `server/discover`, without a handshake (2026-07-28). */
  modern: Answer;
  /** Whether it could still be asked after that. */
  survivedModern: boolean;
  /** `initialize` with a revision that never was. */
  unknownVersion: Answer;
  unknownMethod: Answer;
}

/** What a server that listens on a port lets through. Statuses; undefined where no answer came. */
export interface HttpAnswers {
  foreignHost: number | undefined;
  foreignOrigin: number | undefined;
  /** By the kind of the wrong token; empty where the server demands none. */
  tokens: ReadonlyMap<string, number | undefined>;
  /** A session of another client, without and with a wrong token; undefined for a server without sessions. */
  stolenSession: number | undefined;
}

/** All that was seen of a candidate that ran. */
export interface Observations {
  /** Why it could not be observed at all. */
  failed: { why: string; log: readonly string[] } | undefined;
  catalogue: Catalogue | undefined;
  /** What later connections saw. */
  later: readonly Catalogue[];
  eras: EraAnswers | undefined;
  /** Ids of answers that no request had, or had no more. */
  strayIds: readonly unknown[];
  calls: readonly CallRecord[];
  /** Command lines of processes that outlived their connection. */
  leftOver: readonly string[];
  /** After it was killed in a call: the catalogue again, or why there was none. */
  recovery: { tools: readonly string[] } | { failed: string } | undefined;
  egress: readonly string[];
  refused: readonly RefusedOutcome[];
  http: HttpAnswers | undefined;
  /** What the server and its services sent and wrote, by its origin. */
  texts: ReadonlyMap<string, string>;
  /** Milliseconds until the first catalogue. */
  startTook: number;
  /** Whether the time of the candidate's limits was over before everything was asked. */
  isCutShort: boolean;
  /** How the machine was starved meanwhile; undefined where it was not. */
  starved: string | undefined;
}
