import { request } from "undici";
import type { RunDescriptor } from "../../helpers/run/run-record.ts";
import { withoutTimeouts } from "../../helpers/run/without-timeouts.ts";

/** What the run's main process answered, or why there is no answer. */
export type Answer<T> = { value: T } | { error: string };

/**
 * Asks the run's main process, which outlives the last check. Never throws.
 *
 * @param what path at the run's server, e.g. `record`
 */
export async function askRun<T>({ rigServer }: RunDescriptor, what: string): Promise<Answer<T>> {
  try {
    const { statusCode, body: stream } = await request(`${rigServer.url}/${what}`, {
      dispatcher: withoutTimeouts,
      headers: { authorization: `Bearer ${rigServer.token}` },
    });
    const body: unknown = await stream.json();
    if (statusCode !== 200) return { error: errorIn(body) ?? `status ${statusCode}` };
    // The server is of the same version, in this process.
    return { value: body as T };
  } catch (error) {
    const { message, cause } = error as Error;
    return { error: cause instanceof Error ? `${message}: ${cause.message}` : message };
  }
}

function errorIn(body: unknown): string | undefined {
  const isError = typeof body === "object" && body !== null && "message" in body && typeof body.message === "string";
  return isError ? String(body.message) : undefined;
}
