import type { StaticConfiguration } from "../../../helpers/deployment/traefik/static/static.ts";
import type { SourceLocation } from "../../../helpers/deployment/types.ts";
import { durationSeconds } from "./idle-limits.ts";

/** A time-out of Traefik's on the way of a stream. */
export interface StreamTimeout {
  /** As Traefik names it, e.g. `entryPoints.web.transport.respondingTimeouts.writeTimeout`. */
  name: string;
  seconds: number;
  /** Undefined for Traefik's default. */
  location: SourceLocation | undefined;
}

/** Traefik's default for the time in which a request is read, in seconds (v3, `respondingTimeouts.readTimeout`). */
const defaultReadTimeout = 60;

/**
 * The time-outs that a stream through an entry point can meet; those that are off (0) are left out.
 *
 * @param configuration undefined, as the entry point, where there is no Traefik
 */
export function streamTimeouts(
  configuration: StaticConfiguration | undefined,
  entryPoint: string | undefined,
): StreamTimeout[] {
  if (configuration === undefined || entryPoint === undefined) return [];
  const own = `entryPoints.${entryPoint}.transport.respondingTimeouts`;
  const names = [
    `${own}.readTimeout`,
    `${own}.writeTimeout`,
    `${own}.idleTimeout`,
    "serversTransport.forwardingTimeouts.responseHeaderTimeout",
    "serversTransport.forwardingTimeouts.idleConnTimeout",
  ];
  return names.flatMap((name): StreamTimeout[] => {
    const written = configuration.get(name);
    const isRead = name.endsWith(".readTimeout");
    if (written === undefined) return isRead ? [{ name, seconds: defaultReadTimeout, location: undefined }] : [];
    const seconds = durationSeconds(written.value);
    return seconds === 0 ? [] : [{ name, seconds, location: written.location }];
  });
}
