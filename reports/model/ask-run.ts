import type { RunDescriptor } from "../../helpers/run/run-record.ts";

/** An answer of the run's main process, or the error that came in its place. */
export type Answer<T> = Partial<T> & { name?: string; message?: string };

/** Asks the run's main process, which outlives the last check. Never throws: an answer that does not come is an error. */
export async function askRun<T>({ rigServer }: RunDescriptor, what: string): Promise<Answer<T>> {
  try {
    const response = await fetch(`${rigServer.url}/${what}`, {
      headers: { authorization: `Bearer ${rigServer.token}` },
    });
    return (await response.json()) as Answer<T>;
  } catch (error) {
    const { message, cause } = error as Error;
    return { message: cause instanceof Error ? `${message}: ${cause.message}` : message } as Answer<T>;
  }
}
