import type { ServerResponse } from "node:http";
import type { StreamEvent } from "./answer.ts";
import type { JournalReply, StreamShape } from "./protocol.ts";

/** How a reply was sent. */
export type Sent = Pick<JournalReply, "streamed" | "events" | "ended"> & { status?: number };

/** Sends a JSON reply. */
export async function sendJson(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): Promise<Sent> {
  const closed = whenClosed(response);
  response.writeHead(status, { ...headers, "content-type": "application/json" });
  response.end(JSON.stringify(body));
  return { status, streamed: false, events: 0, ended: await closed };
}

/** Sends server-sent events in the given shape. */
export async function sendEvents(
  response: ServerResponse,
  events: readonly StreamEvent[],
  { delayMs = 0, cutAfter }: StreamShape,
): Promise<Sent> {
  const closed = whenClosed(response);
  response.writeHead(200, { "content-type": "text/event-stream; charset=utf-8", "cache-control": "no-cache" });
  let sent = 0;
  for (const { name, data } of events.slice(0, cutAfter)) {
    if (delayMs > 0 && sent > 0) await Promise.race([closed, new Promise((resolve) => setTimeout(resolve, delayMs))]);
    if (response.destroyed) break;
    response.write(`${name === undefined ? "" : `event: ${name}\n`}data: ${data}\n\n`);
    sent += 1;
  }
  const cut = cutAfter !== undefined && cutAfter < events.length && !response.destroyed;
  if (cut) {
    // Flush the written events before the connection is closed in the middle of the chunked body.
    await Promise.race([closed, new Promise((resolve) => response.write("", resolve))]);
    response.destroy();
  } else response.end();
  const ended = await closed;
  return { status: 200, streamed: true, events: sent, ended: cut ? "disconnected" : ended };
}

/** Closes the connection without a reply. */
export function disconnect(response: ServerResponse): Sent {
  response.destroy();
  return { streamed: false, events: 0, ended: "disconnected" };
}

/** Does not reply, and waits until the client closes the connection. */
export async function hang(response: ServerResponse): Promise<Sent> {
  return { streamed: false, events: 0, ended: await whenClosed(response) };
}

function whenClosed(response: ServerResponse): Promise<"complete" | "abandoned"> {
  return new Promise((resolve) => {
    response.once("close", () => resolve(response.writableFinished ? "complete" : "abandoned"));
  });
}
