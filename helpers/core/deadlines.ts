import { deadlineFactor as factor } from "./run-config.ts";

/**
 * Every time-out of the suite, in milliseconds, with the reason for its size. A deadline limits how long a fault can
 * stay unnoticed; it is not a performance requirement, and a healthy part needs a tenth of it. `DEADLINE_FACTOR`
 * multiplies all of them on a slow machine (design, rule 7: readiness is asked for, never slept for).
 */
export const deadlines = {
  /** The engine answers a ping; `dockerd` takes about 3 s to start. */
  engineStart: 60_000 * factor,
  /** A small part (Traefik, whoami, the scripted model, a host) listens: 0.1–0.6 s measured. */
  smallPartStart: 30_000 * factor,
  /** A service of the deployment's own listens: 5 s measured for a proxy of three stdio servers, on a busy machine over 30 s. */
  serviceStart: 120_000 * factor,
  /** Postgres accepts connections: 1–3 s measured. */
  databaseStart: 60_000 * factor,
  /** LiteLLM answers `/health/liveliness`: 7.4 s measured with two idle cores. */
  gatewayStart: 120_000 * factor,
  /** Traefik has read the labels: 0.1–1 s measured. A router that it lacks then is judged after one more listing. */
  routersLoaded: 4_000 * factor,
  /** One HTTP request to a running part. */
  request: 10_000 * factor,
  /** How long the requests of one check together wait for a rate limit that refuses them. */
  rateLimit: 20_000 * factor,
  /** One MCP request: LiteLLM 1.77.1 starts every stdio server again for each (1.7–5 s measured). */
  mcpRequest: 60_000 * factor,
  /** A package registry answers with a page or an archive; the largest pages have some megabytes. */
  registry: 30_000 * factor,
  /** Keycloak judges a password: 0.2 s, after its start 2–6 s measured; its hash is slow on purpose. */
  login: 60_000 * factor,
  /** LiteLLM gives up on an upstream that never answers: 30 s (1.77.1), 45 to 60 s (1.106.2) measured. */
  silentUpstream: 120_000 * factor,
  /** One turn of an agent: 3–9 s measured. */
  agentTurn: 90_000 * factor,
  /** A page in a real browser shows the awaited element: 1–3 s measured. */
  page: 20_000 * factor,
  /** Python imports LiteLLM and the operator's module, and calls a function of it: 3–6 s measured. */
  moduleDecision: 40_000 * factor,
  /** A line that a part has written appears in its log. */
  logLine: 5_000 * factor,
  /**
   * A TCP connection on a bridge network succeeds or is refused; without an answer in this time it counts as dropped.
   */
  connect: 2_000 * factor,
  /** The engine reports that a part was killed: 0.1–0.2 s measured. */
  endSeen: 2_000 * factor,
  /** A part that refused a connection because it was being killed is off the kernel's list of processes: a few ms. */
  endingSeen: 250 * factor,
  /** All parts are stopped and removed, and Traefik has dropped their routers: up to 4 s, on a busy machine over 10 s. */
  removal: 60_000 * factor,
} as const;

/** Time between two attempts of {@link until}, in milliseconds. */
export const pollInterval = 50;

/**
 * Vitest's time-out for one check, in milliseconds: longer than any wait in it, so that the wait's own message is
 * shown.
 */
export const checkTimeout = deadlines.gatewayStart + deadlines.agentTurn + deadlines.mcpRequest;

/**
 * Polls until a condition holds.
 *
 * @param what the condition as a sentence for the message, e.g. `Traefik has read the labels`
 * @param deadline milliseconds
 * @param ask returns the awaited value, or undefined if it is not available yet; an exception counts as not available
 * @throws {DeadlineError} with the last exception, when the deadline passes
 */
export async function until<T>(what: string, deadline: number, ask: () => Promise<T | undefined>): Promise<T> {
  const start = performance.now();
  let last: unknown;
  for (;;) {
    try {
      const value = await ask();
      if (value !== undefined) return value;
      last = undefined;
    } catch (error) {
      last = error;
    }
    if (performance.now() - start > deadline) throw new DeadlineError(what, deadline, last);
    await new Promise((resolve) => setTimeout(resolve, pollInterval));
  }
}

/**
 * The result of work that may never finish.
 *
 * @param what the end of the work as a sentence for the message
 * @param deadline milliseconds
 * @throws {DeadlineError} when the deadline passes; the work itself is not cancelled
 */
export async function within<T>(what: string, deadline: number, work: Promise<T>): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new DeadlineError(what, deadline, undefined)), deadline);
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** A condition did not hold before its deadline. */
export class DeadlineError extends Error {
  override readonly name = "DeadlineError";

  constructor(what: string, deadline: number, last: unknown) {
    const seen = last === undefined ? "" : `; last seen: ${last instanceof Error ? last.message : String(last)}`;
    super(`${what}: not within ${deadline / 1000} s${seen}`, { cause: last });
  }
}
