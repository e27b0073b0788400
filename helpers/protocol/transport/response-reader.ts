import { HTTPParser } from "http-parser-js";
import type { HeaderLines } from "../exchange.ts";

/** A response as it arrived. */
export interface RawResponse {
  status: number;
  headers: HeaderLines;
  /**
   * Decoded from chunks, as UTF-8. Bytes after the response's own end are kept here too: a second response that nobody
   * asked for must be visible in the evidence.
   */
  body: string;
  /** Why this is not one complete, well-formed HTTP/1.1 response; absent for one that is. */
  defect?: string;
}

// The default is ASCII, which would change bytes above 0x7F in headers.
HTTPParser.encoding = "latin1";
// A large header is a finding for the check, not a reason to stop reading.
HTTPParser.maxHeaderSize = Number.POSITIVE_INFINITY;

/** How many characters of a response that is not HTTP an error quotes. */
const quotedCharacters = 80;

/**
 * Reads one response from the bytes of an HTTP/1.1 connection (RFC 9112). Interim responses (1xx, except 101) are
 * skipped. When the bytes are malformed, the reader keeps what was parsed until then, and the rest as it arrived.
 */
export class ResponseReader {
  readonly #parser = new ResponseParser(HTTPParser.RESPONSE);
  readonly #pieces: Buffer[] = [];
  readonly #body: Buffer[] = [];
  #length = 0;
  #head: { status: number; headers: string[]; end: number } | undefined;
  #bodyEnd: number | undefined;
  #defect: string | undefined;
  #isMalformed = false;
  #hasInterim = false;

  /** @param options `toHead`: the response answers a HEAD request and has no body, whatever its headers say */
  constructor({ toHead }: { toHead: boolean }) {
    this.#parser[HTTPParser.kOnHeadersComplete] = ({ statusCode, headers }) => {
      if (this.#isDone) return 0;
      this.#hasInterim ||= isInterim(statusCode);
      if (isInterim(statusCode)) return 0;
      this.#head = { status: statusCode, headers, end: this.#position };
      const length = valuesOf(headers, "content-length").find((value) => !/^\d+$/.test(value));
      if (toHead) return skipBody;
      if (length === undefined) return 0;
      this.#giveUp(`Content-Length ${JSON.stringify(length)} is not a number`);
      return stopParsing;
    };
    this.#parser[HTTPParser.kOnBody] = (piece) => {
      if (!this.#isDone) this.#body.push(piece);
    };
    this.#parser[HTTPParser.kOnMessageComplete] = () => {
      if (this.#head !== undefined && !this.#isDone) this.#bodyEnd = this.#position;
    };
  }

  /** @returns whether the response is complete */
  feed(piece: Buffer): boolean {
    this.#pieces.push(piece);
    if (!this.#isDone) {
      const outcome = this.#parser.execute(piece);
      if (outcome instanceof Error && !this.#isDone) this.#giveUp(describe(outcome));
    }
    this.#length += piece.length;
    return this.#bodyEnd !== undefined;
  }

  /**
   * The response, when no more bytes will come.
   *
   * @param failure why the connection ended, where the server did not close it in order
   * @throws {Error} when nothing arrived, only interim responses, or something other than an HTTP response
   */
  end(failure?: Error): RawResponse {
    const received = Buffer.concat(this.#pieces);
    if (received.length === 0) throw failure ?? new Error("closed without a response");
    if (!this.#isDone) {
      const unfinished = this.#parser.finish();
      if (failure !== undefined) this.#defect = failure.message;
      else if (unfinished instanceof Error) this.#defect = "the connection closed before the response's end";
    }
    const { statusCode, headers: parsed } = this.#parser.info;
    const head = this.#head ?? (statusCode === undefined ? undefined : { status: statusCode, headers: parsed });
    if (head === undefined && this.#hasInterim) throw failure ?? new Error("closed without a final response");
    if (head === undefined)
      throw new Error(`not an HTTP response: ${received.toString("latin1").slice(0, quotedCharacters)}`);
    return {
      status: head.status,
      headers: inPairs(head.headers),
      body: this.#bodyOf(received).toString("utf8"),
      ...(this.#defect === undefined ? {} : { defect: this.#defect }),
    };
  }

  /** Whether any byte has arrived. */
  get hasBegun(): boolean {
    return this.#pieces.length > 0;
  }

  /** The body is read to its end, or can no longer be parsed. */
  get #isDone(): boolean {
    return this.#bodyEnd !== undefined || this.#defect !== undefined;
  }

  /** How many bytes of the connection the parser has consumed. */
  get #position(): number {
    return this.#length + this.#parser.offset;
  }

  #giveUp(why: string): void {
    this.#isMalformed = true;
    this.#defect = `malformed response: ${why}`;
  }

  #bodyOf(received: Buffer): Buffer {
    if (this.#head === undefined) return Buffer.alloc(0);
    // The parser has consumed bytes that it could not parse: only the bytes as they arrived are complete.
    if (this.#isMalformed) return received.subarray(this.#head.end);
    return Buffer.concat([...this.#body, ...(this.#bodyEnd === undefined ? [] : [received.subarray(this.#bodyEnd)])]);
  }
}

/** What {@link HTTPParser.kOnHeadersComplete} returns for a message without a body. */
const skipBody = 1;
/** What it returns for a message after whose head the parser must not go on. */
const stopParsing = 2;

/** The parser, with what it knows between its callbacks; a header line that is malformed is kept, without a value. */
class ResponseParser extends HTTPParser {
  /** How far it has come in the bytes of the current `execute`. */
  declare readonly offset: number;
  /** The head of the message as parsed so far. */
  declare readonly info: { readonly statusCode?: number; readonly headers: string[] };

  override parseHeader(line: string, headers: string[]): void {
    const [count, last] = [headers.length, headers.at(-1)];
    super.parseHeader(line, headers);
    if (headers.length === count && headers.at(-1) === last) headers.push(line, "");
  }
}

function isInterim(status: number): boolean {
  return status >= 100 && status < 200 && status !== 101;
}

function describe(error: Error & { code?: string }): string {
  return error.code === undefined ? error.message : `${error.message} (${error.code})`;
}

function inPairs(headers: readonly string[]): [string, string][] {
  return headers.flatMap((name, index): [string, string][] =>
    index % 2 === 0 ? [[name, headers[index + 1] ?? ""]] : [],
  );
}

function valuesOf(headers: readonly string[], name: string): string[] {
  return inPairs(headers).flatMap(([key, value]) => (key.toLowerCase() === name ? [value] : []));
}
