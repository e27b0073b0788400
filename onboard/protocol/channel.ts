import type { Message } from "../../helpers/protocol/json-rpc.ts";

/** How a server answered one request. */
export type Answer =
  | { kind: "result"; result: Message; bytes: number; took: number }
  | { kind: "error"; code: unknown; message: string; bytes: number; took: number }
  /** No answer with the request's id in time. */
  | { kind: "silent"; took: number }
  /** The server ended, or the connection did. */
  | { kind: "ended"; why: string; took: number }
  /** An HTTP status that is not a success. */
  | { kind: "refused"; status: number; body: string; took: number };

/** What a server is asked over: the standard input and output of a process, or HTTP. */
export interface Channel {
  /** Sends a request and waits for the answer with its id. */
  ask(method: string, params: Message | undefined, deadline: number): Promise<Answer>;
  notify(method: string, params?: Message): Promise<void>;
  /** All that the server sent, as text. */
  readonly received: string;
  /** All that the server wrote to standard error. */
  readonly log: string;
  /** Ids of answers that no request had. */
  readonly strayIds: readonly unknown[];
  /** Why it ended; undefined while it goes on. */
  readonly ended: string | undefined;
  close(): Promise<void>;
}

/** How the text of a question that was not answered begins. */
export const silence = "no answer in";

/** The answer in one line, for evidence. */
export function answerText(answer: Answer): string {
  switch (answer.kind) {
    case "result":
      return shortened(JSON.stringify(answer.result));
    case "error":
      return `error ${String(answer.code)}: ${shortened(answer.message)}`;
    case "silent":
      return `${silence} ${(answer.took / 1000).toFixed(1)} s`;
    case "ended":
      return `the server ended: ${shortened(answer.why)}`;
    case "refused":
      return `HTTP ${answer.status}: ${shortened(answer.body)}`;
  }
}

/** A text of at most 300 characters. */
export function shortened(text: string, most = 300): string {
  return text.length <= most ? text : `${text.slice(0, most)}… (${text.length} characters)`;
}
