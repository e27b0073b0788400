/**
 * Every time-out of the suite, in milliseconds, with the reason for its size. They bound how long a fault may hide, not
 * how fast a part should be: a healthy part needs a tenth of them. `DEADLINE_FACTOR` stretches all of them on a slow
 * machine (design, rule 7: readiness is asked for, never slept for).
 */
const factor = positiveNumber(process.env.DEADLINE_FACTOR) ?? 1;

export const deadlines = {
  /** The engine answers a ping; `dockerd` takes about 3 s to start. */
  engineStart: 60_000 * factor,
  /** A small part (Traefik, whoami, the scripted model, a host) listens: 0.1–0.6 s measured. */
  smallPartStart: 30_000 * factor,
  /** Postgres accepts connections: 1–3 s measured. */
  databaseStart: 60_000 * factor,
  /** LiteLLM answers `/health/liveliness`: 7.4 s measured with two idle cores; a version that hangs never does. */
  gatewayStart: 120_000 * factor,
  /** Traefik has read the labels: its docker provider throttles to one reload in 2 s. */
  routersLoaded: 10_000 * factor,
  /** One HTTP request to a part that is up. */
  request: 10_000 * factor,
  /** One MCP request: LiteLLM 1.77.1 spawns every stdio server anew for it (1.7–5 s measured). */
  mcpRequest: 60_000 * factor,
  /** LiteLLM gives up on an upstream that never answers: 30 s (1.77.1), 45 to 60 s (1.106.2) measured. */
  silentUpstream: 120_000 * factor,
  /** One turn of an agent: 3–9 s measured. */
  agentTurn: 90_000 * factor,
  /** A page in a real browser shows what was awaited: 1–3 s measured. */
  page: 20_000 * factor,
  /** A line that a part has written appears in its log. */
  logLine: 5_000 * factor,
  /** A TCP connection to a neighbour on a bridge network either succeeds, is refused or is dropped. */
  connect: 2_000 * factor,
  /** The engine notices that a part was killed: 0.1–0.2 s measured. */
  endSeen: 2_000 * factor,
  /** Stopping and removing everything. */
  removal: 60_000 * factor,
} as const;

/** How often a condition is asked for, in milliseconds. */
export const pollInterval = 50;

/** Vitest's bound for one check: longer than any wait inside of it, so that the wait's own message is what is seen. */
export const checkTimeout = deadlines.gatewayStart + deadlines.agentTurn + deadlines.mcpRequest;

/**
 * Asks for a condition until it holds.
 *
 * @param what names the condition for the message, e.g. `Traefik has read the labels`
 * @param ask returns the awaited value, or undefined while it is not there yet; what it throws counts as not yet
 * @throws {DeadlineError} with the last thing that was seen, when the deadline passes
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
 * The outcome of work that may never come to its end.
 *
 * @throws {DeadlineError} when the deadline passes; the work goes on
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

/** A condition did not come true in time. */
export class DeadlineError extends Error {
  override readonly name = "DeadlineError";

  constructor(what: string, deadline: number, last: unknown) {
    const seen = last === undefined ? "" : `; last seen: ${last instanceof Error ? last.message : String(last)}`;
    super(`${what}: not within ${deadline / 1000} s${seen}`, { cause: last });
  }
}

function positiveNumber(text: string | undefined): number | undefined {
  const value = Number(text);
  return Number.isFinite(value) && value > 0 ? value : undefined;
}
