import { createParser } from "eventsource-parser";

/**
 * One item of an event stream; `invalid` is a line that is neither a field nor a comment. `after` is in milliseconds
 * since reading began.
 */
export type StreamItem =
  | { kind: "comment"; text: string; after: number }
  | { kind: "event"; event: string | undefined; data: string; after: number }
  | { kind: "invalid"; text: string; after: number };

/**
 * Reads an event stream (WHATWG HTML §9.2) until `enough` returns true, the deadline passes or the stream ends; then
 * closes it.
 *
 * @param deadline milliseconds
 * @returns the items in the order of arrival, comments included
 * @throws {Error} when the stream breaks
 */
export async function readEventStream(
  stream: { body: AsyncIterable<Buffer>; close(): void },
  deadline: number,
  enough: (items: readonly StreamItem[]) => boolean,
): Promise<StreamItem[]> {
  const items: StreamItem[] = [];
  const began = performance.now();
  const after = (): number => performance.now() - began;
  const parser = createParser({
    onEvent: ({ event, data }) => items.push({ kind: "event", event, data, after: after() }),
    onComment: (text) => items.push({ kind: "comment", text, after: after() }),
    onError: (error) => items.push({ kind: "invalid", text: error.line ?? error.message, after: after() }),
  });
  const decoder = new TextDecoder();
  const timer = setTimeout(() => stream.close(), deadline);
  try {
    for await (const piece of stream.body) {
      parser.feed(decoder.decode(piece, { stream: true }));
      if (enough(items)) break;
    }
  } catch (error) {
    // Closing the stream at the deadline ends the iteration with an error; any other error is the stream's own.
    if (after() < deadline && !enough(items)) throw error;
  } finally {
    clearTimeout(timer);
    stream.close();
  }
  return items;
}
