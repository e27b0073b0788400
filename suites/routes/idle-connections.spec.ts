import { once } from "node:events";
import { connect } from "node:net";
import type { Gateway } from "../../containers/gateway.ts";
import { CheckFailure } from "../../helpers/check-failure.ts";
import { deadlines } from "../../helpers/deadlines.ts";
import { conformance } from "../conformance.ts";

/** Seconds until uvicorn closes an idle connection, where nothing else is said (uvicorn, `--timeout-keep-alive`). */
const uvicornDefault = 5;

/** Seconds until Traefik does (traefik v3, ServersTransport, `idleConnTimeout`). */
const traefikDefault = 90;

conformance(
  ["ROUTE-19"],
  "LiteLLM keeps an idle connection longer than Traefik would use it again",
  async ({ gateway, evidence }) => {
    const traefik = traefikIdle(gateway);
    const told = {
      likelyCause: "KEEPALIVE_TIMEOUT in LiteLLM's environment is missing, or not above Traefik's idleConnTimeout",
      place: gateway.deployment.litellm.environment.get("KEEPALIVE_TIMEOUT")?.place ?? gateway.deployment.litellm.place,
    };
    const closed = await closedAfter(gateway, Math.min(uvicornDefault + 2, traefik));
    if (closed !== undefined) {
      throw new CheckFailure({
        ...told,
        what: `LiteLLM closes an idle connection after ${closed.toFixed(1)} s, and Traefik uses it again for ${traefik} s`,
        sent: "GET /health/liveliness to LiteLLM's own port, then nothing on the same connection",
        received: "200, then the end of the connection",
      });
    }
    const set = liteLLMIdle(gateway);
    // What is no number is not above it either.
    if (!(set > traefik)) {
      throw new CheckFailure({
        ...told,
        what: `LiteLLM closes an idle connection after ${set} s, by its KEEPALIVE_TIMEOUT, and Traefik uses it again for ${traefik} s`,
      });
    }
    evidence.finding(
      `An idle connection to LiteLLM outlives uvicorn's default of ${uvicornDefault} s; KEEPALIVE_TIMEOUT is ${set} s, Traefik lets go after ${traefik} s.`,
    );
  },
);

/** Seconds for which LiteLLM is told to keep an idle connection: by its option, its environment, or uvicorn's default. */
function liteLLMIdle({ deployment: { litellm } }: Gateway): number {
  const command = litellm.command ?? [];
  const at = command.indexOf("--keepalive_timeout");
  const option = at === -1 ? undefined : command[at + 1];
  return Number(option ?? litellm.environment.get("KEEPALIVE_TIMEOUT")?.value ?? uvicornDefault);
}

/** Seconds for which Traefik would use a connection again: its own option (a number, or a Go duration), or its default. */
function traefikIdle({ deployment }: Gateway): number {
  const option = /^--serverstransport\.forwardingtimeouts\.idleconntimeout=(.+)$/i;
  const [said] = (deployment.traefik.command ?? []).flatMap((flag) => option.exec(flag)?.[1] ?? []);
  if (said === undefined) return traefikDefault;
  const units: Readonly<Record<string, number>> = { h: 3600, m: 60, s: 1, ms: 0.001 };
  const pieces = [...said.matchAll(/([\d.]+)(h|ms|m|s)?/g)];
  const sum = pieces.reduce((total, [, count, unit = "s"]) => total + Number(count) * (units[unit] ?? 1), 0);
  // Traefik takes 0 for no limit.
  return sum === 0 ? Number.POSITIVE_INFINITY : sum;
}

/**
 * Seconds after which LiteLLM hung up on a connection that had carried one request; undefined when it had not by then.
 *
 * @param watch seconds
 */
async function closedAfter(gateway: Gateway, watch: number): Promise<number | undefined> {
  const { hostname, port, pathname } = new URL(gateway.directUrl("/health/liveliness"));
  const socket = connect(Number(port), hostname);
  try {
    socket.write(`GET ${pathname} HTTP/1.1\r\nHost: ${hostname}\r\n\r\n`);
    const answer = AbortSignal.timeout(deadlines.request);
    const [first] = (await once(socket, "data", { signal: answer })) as [Buffer];
    if (!first.toString("latin1").startsWith("HTTP/1.1 200"))
      throw new Error(`LiteLLM answers ${first.toString("latin1").split("\r\n")[0]} to ${pathname}`);
    let last = performance.now();
    socket.on("data", () => {
      last = performance.now();
    });
    try {
      await once(socket, "end", { signal: AbortSignal.timeout(watch * 1000) });
    } catch (error) {
      if ((error as Error).name === "AbortError") return undefined;
      // A reset is an end as well.
      if ((error as { code?: string }).code !== "ECONNRESET") throw error;
    }
    return (performance.now() - last) / 1000;
  } finally {
    socket.destroy();
  }
}
