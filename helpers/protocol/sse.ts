import { createParser } from "eventsource-parser";

/** One thing that a stream carried. Times are milliseconds since the stream was opened. */
export type StreamItem =
  | { kind: "comment"; text: string; after: number }
  | { kind: "event"; event: string | undefined; data: string; after: number }
  | { kind: "invalid"; text: string; after: number };

/**
 * Reads an event stream (WHATWG HTML §9.2) until `enough` says so, the deadline passes or the stream ends.
 *
 * @param deadline milliseconds
 * @returns what it carried, comments included, in the order of arrival
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
    // Our own closing ends the iteration with an error; anything else is the stream's.
    if (after() < deadline && !enough(items)) throw error;
  } finally {
    clearTimeout(timer);
    stream.close();
  }
  return items;
}
