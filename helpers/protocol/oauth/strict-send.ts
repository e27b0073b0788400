import { randomUUID } from "node:crypto";
import { Agent, request as undiciRequest } from "undici";
import { deadlines } from "../../core/deadlines.ts";
import type { Exchange, HeaderLines } from "../exchange.ts";
import type { HttpRequest } from "../recording-client.ts";

/**
 * Sends one request to a host of the real world: by DNS, with its certificate checked, and without following redirects. What
 * the network does is the exchange's `error`.
 */
export async function strictSend({ method = "GET", url, headers = [], body }: HttpRequest): Promise<Exchange> {
  const exchange: Exchange = {
    id: randomUUID(),
    at: new Date().toISOString(),
    request: { method, url, headers, body: body === undefined ? undefined : String(body) },
    response: undefined,
    error: undefined,
  };
  const began = performance.now();
  const dispatcher = new Agent({ connect: { timeout: deadlines.request } });
  try {
    const response = await undiciRequest(url, {
      dispatcher,
      method: method === "POST" ? "POST" : "GET",
      headers: Object.fromEntries(headers),
      ...(body === undefined ? {} : { body }),
      signal: AbortSignal.timeout(deadlines.request),
    });
    const headAfter = performance.now() - began;
    exchange.response = {
      status: response.statusCode,
      headers: linesOf(response.headers),
      body: await response.body.text(),
      headAfter,
      endAfter: performance.now() - began,
    };
  } catch (error) {
    exchange.error = error instanceof Error ? error.message || error.name : String(error);
  } finally {
    await dispatcher.destroy();
  }
  return exchange;
}

function linesOf(headers: Readonly<Record<string, string | string[] | undefined>>): HeaderLines {
  return Object.entries(headers).flatMap(([name, value]) => [value ?? []].flat().map((one) => [name, one] as const));
}
