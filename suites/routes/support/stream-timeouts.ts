import { CheckFailure } from "../../../helpers/checks/check-failure.ts";
import { exchangeEvidence } from "../../../helpers/checks/evidence.ts";
import { hostOfUrl } from "../../../helpers/deployment/services/origins.ts";
import type { StaticConfiguration } from "../../../helpers/deployment/traefik/static/static.ts";
import type { DeploymentWithTraefik, SourceLocation } from "../../../helpers/deployment/types.ts";
import type { Exchange } from "../../../helpers/protocol/exchange.ts";
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

/**
 * After how many seconds a time-out has ended a stream for its reader: a write time-out shows with the next heartbeat only.
 *
 * @param heartbeat the time between two heartbeats, in seconds
 */
export function endShownAfter({ name, seconds }: StreamTimeout, heartbeat: number): number {
  return name.endsWith(".writeTimeout") ? seconds + heartbeat : seconds;
}

/**
 * The time-out that a stream of this length most likely met. Of two with the same length, it is the one that the operator
 * wrote, and the write time-out: Traefik's default for reading ends no stream.
 *
 * @param seconds how long the stream was open
 * @param heartbeat the time between two heartbeats, in seconds
 */
export function metTimeout(
  timeouts: readonly StreamTimeout[],
  seconds: number,
  heartbeat: number,
): StreamTimeout | undefined {
  const met = timeouts.filter((one) => one.seconds <= seconds + 1 && seconds - one.seconds <= heartbeat + 1);
  const rank = ({ name, location }: StreamTimeout): number =>
    Number(location !== undefined) + Number(name.endsWith(".writeTimeout"));
  return met.toSorted((one, other) => other.seconds - one.seconds || rank(other) - rank(one))[0];
}

/** A request that the edge answers itself takes less, on a busy machine too. In seconds. */
const longEnough = 5;

/**
 * Asserts that no time-out of Traefik's ended a request without a response. Traefik logs no such request, so that its log
 * does not say more.
 *
 * @throws {CheckFailure} `no-response`, with the time-out's line
 */
export function expectNoShortTimeout(deployment: DeploymentWithTraefik, exchange: Exchange): void {
  const [url = ""] = exchange.request.url.split(" ");
  if (exchange.response !== undefined || !URL.canParse(url)) return;
  const short = streamTimeouts(deployment.traefikModel.static, hostOfUrl(deployment, url)?.entryPoint).find(
    ({ seconds, location }) => location !== undefined && seconds < longEnough,
  );
  if (short?.location === undefined) return;
  throw new CheckFailure({
    summary: `${exchange.request.method} ${exchange.request.url} is not answered`,
    code: "no-response",
    expected: "a response",
    actual: "no response",
    evidence: exchangeEvidence(exchange),
    cause: `${short.name} is ${short.seconds} s: Traefik closes the connection before the request is answered`,
    location: short.location,
    fix: "allow the time that a request and its answer take; Traefik reads a request for 60 s by default",
  });
}
