import { setTimeout as wait } from "node:timers/promises";
import { deadlines } from "../core/deadlines.ts";
import { type HeaderLines, header } from "./exchange.ts";

/** Milliseconds of the units of a Go duration. */
const units: Readonly<Record<string, number>> = {
  h: 3_600_000,
  m: 60_000,
  s: 1000,
  ms: 1,
  µs: 0.001,
  us: 0.001,
  ns: 0.000_001,
};

/**
 * How long a client is to wait by the answer of a rate limit of Traefik. The limit is meant: a run sends more requests from one
 * address than a client does.
 *
 * @returns milliseconds; undefined for any other answer. Source: traefik, pkg/middlewares/ratelimiter (`X-Retry-In`)
 */
export function rateLimitDelay(answer: { status: number; headers: HeaderLines } | undefined): number | undefined {
  const written = answer?.status === 429 ? header(answer.headers, "x-retry-in") : undefined;
  if (written === undefined) return undefined;
  const parts = [...written.matchAll(/([\d.]+)(h|ms|m|µs|us|ns|s)/g)];
  return parts.reduce((sum, [, number, unit = ""]) => sum + Number(number) * (units[unit] ?? 0), 0);
}

/**
 * Sends requests again while a rate limit of Traefik refuses them: such a request has not left Traefik. All requests of one object
 * together wait for {@link deadlines.rateLimit}, so that a limit that no client could work with is seen.
 */
export class RateLimitPatience {
  /** Requests that wait now. */
  #waiting = 0;
  #waitingSince = 0;
  /** Milliseconds during which at least one request waited, until nothing waited any more. */
  #waited = 0;

  /**
   * @param send sends the request once
   * @param delayOf see {@link rateLimitDelay}
   * @param refused is called with each answer that is not returned
   * @returns the first answer that is not a refusal, or the last refusal
   */
  async past<T>(
    send: () => Promise<T>,
    delayOf: (answer: T) => number | undefined,
    refused: (answer: T) => void = () => {},
  ): Promise<T> {
    for (;;) {
      const answer = await send();
      const delay = delayOf(answer);
      if (delay === undefined || this.#waitedUntil(performance.now()) + delay > deadlines.rateLimit) return answer;
      refused(answer);
      await this.#wait(delay);
    }
  }

  #waitedUntil(now: number): number {
    return this.#waited + (this.#waiting === 0 ? 0 : now - this.#waitingSince);
  }

  async #wait(delay: number): Promise<void> {
    if (this.#waiting === 0) this.#waitingSince = performance.now();
    this.#waiting += 1;
    await wait(delay);
    if (this.#waiting === 1) this.#waited = this.#waitedUntil(performance.now());
    this.#waiting -= 1;
  }
}
