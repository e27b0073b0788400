import type { StaticConfiguration } from "../../../helpers/deployment/traefik/static/static.ts";

/** Idle time after which uvicorn closes a connection by default, in seconds (uvicorn, `--timeout-keep-alive`). */
export const uvicornDefault = 5;

/**
 * Idle time after which Traefik closes a connection to a server by default, in seconds (ServersTransport,
 * `idleConnTimeout`).
 */
export const traefikDefault = 90;

/**
 * LiteLLM's idle time-out in seconds: from its option, its environment, or uvicorn's default.
 *
 * @param command LiteLLM's command-line arguments
 * @param variable value of `KEEPALIVE_TIMEOUT`
 * @returns NaN for a value that is not a number, which uvicorn rejects
 */
export function liteLLMIdleTimeout(command: readonly string[] = [], variable?: string): number {
  const at = command.findIndex((word) => /^--keepalive_timeout(=|$)/.test(word));
  const option = at === -1 ? undefined : (command[at]?.split("=")[1] ?? command[at + 1] ?? "");
  return Number((option ?? variable ?? String(uvicornDefault)) || Number.NaN);
}

/**
 * Traefik's idle time-out for connections to servers, in seconds: from its option (a number of seconds or a Go
 * duration), or its default.
 *
 * @param configuration Traefik's static configuration
 */
export function traefikIdleTimeout(configuration: StaticConfiguration): number {
  const duration = configuration.get("serversTransport.forwardingTimeouts.idleConnTimeout")?.value;
  if (duration === undefined) return traefikDefault;
  const sum = durationSeconds(duration);
  // 0 means no limit.
  return sum === 0 ? Number.POSITIVE_INFINITY : sum;
}

/** A duration of Traefik's in seconds: a number of seconds, or a Go duration. */
export function durationSeconds(duration: string): number {
  const units: Readonly<Record<string, number>> = { h: 3600, m: 60, s: 1, ms: 1e-3, us: 1e-6, µs: 1e-6, ns: 1e-9 };
  const pieces = [...duration.matchAll(/([\d.]+)(h|ms|m|s|us|µs|ns)?/g)];
  return pieces.reduce((total, [, count, unit = "s"]) => total + Number(count) * (units[unit] ?? 1), 0);
}
