import type { Container } from "dockerode";
import type { Engine } from "../engine/engine.ts";

/** The part of a log to read. */
export interface LogWindow {
  /** Lines from the end. */
  tail?: number;
  /** Not before this time. */
  since?: Date;
  /** Not after this time. */
  until?: Date;
}

/**
 * What a container has written to standard output and standard error, merged in the order in which it was written.
 *
 * @param container id or name
 * @throws {Error} when the container does not exist
 */
export async function readLog(engine: Engine, container: string, window: LogWindow = {}): Promise<string> {
  return await logText(engine.docker.getContainer(container), window);
}

/** As {@link readLog}, of a container that the engine's client has. */
export async function logText(container: Pick<Container, "logs">, window: LogWindow = {}): Promise<string> {
  const raw = await container.logs({
    stdout: true,
    stderr: true,
    follow: false,
    ...(window.tail === undefined ? {} : { tail: window.tail }),
    ...(window.since === undefined ? {} : { since: window.since.getTime() / 1000 }),
    ...(window.until === undefined ? {} : { until: window.until.getTime() / 1000 }),
  });
  return demultiplex(raw as unknown as Buffer);
}

/** How many log lines of a part that does not run are shown. */
const shownLogLines = 25;

/** How many of them are read: the suite's own questions whether a part is ready fill an access log. */
const readLogLines = 1000;

/** The suite's questions in an access log, of Traefik in either format or of LiteLLM. */
const ownQuestion = /(?:"RequestPath":"|\bGET )(?:\/api\/version|\/health\/liveliness)\b/;

/**
 * The last lines of a container's log that are not empty, for a message, without the suite's questions whether it is ready.
 *
 * @param container id or name
 * @returns an empty list when the log cannot be read
 */
export async function readLastLines(engine: Engine, container: string): Promise<string[]> {
  try {
    const log = await readLog(engine, container, { tail: readLogLines });
    const lines = log.split("\n").filter((line) => line !== "" && !ownQuestion.test(line));
    return lines.slice(-shownLogLines);
  } catch {
    return [];
  }
}

/**
 * The text of the frames in which the engine sends the output of a container without a terminal: one byte stream type,
 * three bytes of padding, four bytes of length (Docker Engine API, `ContainerAttach`).
 */
function demultiplex(buffer: Buffer): string {
  const pieces: Buffer[] = [];
  for (let at = 0; at + 8 <= buffer.length; ) {
    const length = buffer.readUInt32BE(at + 4);
    pieces.push(buffer.subarray(at + 8, at + 8 + length));
    at += 8 + length;
  }
  return Buffer.concat(pieces).toString("utf8");
}
