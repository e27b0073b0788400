import { EnvHttpProxyAgent, fetch } from "undici";
import { deadlines } from "../../helpers/core/deadlines.ts";
import { RegistryError } from "./provenance.ts";

/** The answer of a registry. */
export interface RegistryAnswer {
  status: number;
  /** The address after redirects, against which relative ones in the answer are resolved. */
  url: string;
  type: string;
  body: Buffer;
}

/**
 * Asks a registry, through this machine's proxy where it has one.
 *
 * @param accept media type
 * @throws {RegistryError} when it does not answer, or with a status of 500 and more
 */
export async function askRegistry(url: string, accept: string): Promise<RegistryAnswer> {
  const { host } = new URL(url);
  try {
    const response = await fetch(url, {
      headers: { accept },
      dispatcher: new EnvHttpProxyAgent(),
      signal: AbortSignal.timeout(deadlines.registry),
    });
    const body = Buffer.from(await response.arrayBuffer());
    if (response.status >= 500) throw new RegistryError(`${host} answers with ${response.status}`);
    return { status: response.status, url: response.url, type: response.headers.get("content-type") ?? "", body };
  } catch (error) {
    if (error instanceof RegistryError) throw error;
    const { message, cause } = error as Error;
    throw new RegistryError(`${host} does not answer: ${cause instanceof Error ? cause.message : message}`, {
      cause: error,
    });
  }
}

/**
 * The JSON object of an answer.
 *
 * @throws {RegistryError} when it is none
 */
export function jsonOf({ body, url }: RegistryAnswer): unknown {
  try {
    return JSON.parse(body.toString("utf8"));
  } catch (cause) {
    throw new RegistryError(`${url} does not answer with JSON`, { cause });
  }
}
