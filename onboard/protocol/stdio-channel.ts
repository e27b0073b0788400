import { isMessage, type Message } from "../../helpers/protocol/json-rpc.ts";
import type { Answer, Channel } from "./channel.ts";

/** The standard streams of a running process. */
export interface Pipe {
  write(text: string): void;
  /** Called with each piece of standard output. */
  onOutput: (piece: Buffer) => void;
  onLog: (piece: Buffer) => void;
  /** Called once, with the reason. */
  onEnd: (why: string) => void;
  /** Closes standard input, and waits until the process has ended or was killed. */
  close(): Promise<void>;
}

/** The most that is kept of a server's output, in bytes: a server without an end must not fill the memory. */
const mostKept = 64 * 1024 * 1024;

/** JSON-RPC over the standard streams of a process, one message a line (MCP, stdio transport). */
export class StdioChannel implements Channel {
  readonly strayIds: unknown[] = [];
  ended: string | undefined;
  readonly #pipe: Pipe;
  readonly #waiting = new Map<number, (answer: Message | undefined, bytes: number) => void>();
  /** Requests that nobody waits for any more: their answers are late, not astray. */
  readonly #givenUp = new Set<unknown>();
  readonly #received: Buffer[] = [];
  readonly #log: Buffer[] = [];
  #kept = 0;
  #line: Buffer[] = [];
  #next = 1;

  constructor(pipe: Pipe) {
    this.#pipe = pipe;
    pipe.onOutput = (piece) => this.#receive(piece);
    pipe.onLog = (piece) => {
      if (this.#keep(piece)) this.#log.push(piece);
    };
    pipe.onEnd = (why) => {
      this.ended = why;
      for (const settle of this.#waiting.values()) settle(undefined, 0);
      this.#waiting.clear();
    };
  }

  get received(): string {
    return Buffer.concat(this.#received).toString("utf8");
  }

  get log(): string {
    return Buffer.concat(this.#log).toString("utf8");
  }

  async ask(method: string, params: Message | undefined, deadline: number): Promise<Answer> {
    const began = performance.now();
    const took = (): number => performance.now() - began;
    if (this.ended !== undefined) return { kind: "ended", why: this.ended, took: 0 };
    const id = this.#next++;
    const { promise, resolve } = Promise.withResolvers<[Message | undefined, number] | "silent">();
    const timer = setTimeout(() => resolve("silent"), deadline);
    this.#waiting.set(id, (message, bytes) => resolve([message, bytes]));
    this.#send({ jsonrpc: "2.0", id, method, ...(params === undefined ? {} : { params }) });
    const answer = await promise;
    clearTimeout(timer);
    this.#waiting.delete(id);
    if (answer === "silent") {
      this.#givenUp.add(id);
      return { kind: "silent", took: took() };
    }
    const [message, bytes] = answer;
    if (message === undefined) return { kind: "ended", why: this.ended ?? "", took: took() };
    return answerOf(message, bytes, took());
  }

  async notify(method: string, params?: Message): Promise<void> {
    if (this.ended === undefined) this.#send({ jsonrpc: "2.0", method, ...(params === undefined ? {} : { params }) });
  }

  async close(): Promise<void> {
    await this.#pipe.close();
  }

  #send(message: Message): void {
    this.#pipe.write(`${JSON.stringify(message)}\n`);
  }

  #keep(piece: Buffer): boolean {
    this.#kept += piece.length;
    return this.#kept <= mostKept;
  }

  #receive(piece: Buffer): void {
    if (this.#keep(piece)) this.#received.push(piece);
    for (let rest = piece; ; ) {
      const end = rest.indexOf(10);
      if (end < 0) return void this.#line.push(rest);
      const line = Buffer.concat([...this.#line, rest.subarray(0, end)]);
      this.#line = [];
      rest = rest.subarray(end + 1);
      this.#handle(line);
    }
  }

  #handle(line: Buffer): void {
    const message = parsed(line.toString("utf8"));
    if (message === undefined) return;
    if (typeof message.method === "string") {
      // A request of the server, e.g. for roots: this client has none of the optional features.
      if (message.id !== undefined)
        this.#send({ jsonrpc: "2.0", id: message.id, error: { code: -32601, message: "not supported" } });
      return;
    }
    const settle = typeof message.id === "number" ? this.#waiting.get(message.id) : undefined;
    if (settle !== undefined) settle(message, line.length);
    else if (!this.#givenUp.delete(message.id)) this.strayIds.push(message.id);
  }
}

/** The answer that a JSON-RPC message is. */
export function answerOf(message: Message, bytes: number, took: number): Answer {
  if (isMessage(message.error))
    return { kind: "error", code: message.error.code, message: String(message.error.message), bytes, took };
  return { kind: "result", result: isMessage(message.result) ? message.result : {}, bytes, took };
}

function parsed(line: string): Message | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return isMessage(value) ? value : undefined;
  } catch {
    // Noise on standard output: servers print banners, and clients ignore them.
    return undefined;
  }
}
