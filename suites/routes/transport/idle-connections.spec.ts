import { once } from "node:events";
import { connect } from "node:net";
import type { GatewayTarget } from "../../../containers/targets/needs.ts";
import { CheckFailure } from "../../../helpers/checks/check-failure.ts";
import { deadlines } from "../../../helpers/core/deadlines.ts";
import { check } from "../../runner/check.ts";
import { liteLLMIdleTimeout, traefikIdleTimeout, uvicornDefault } from "../support/idle-limits.ts";

check({
  id: "ROUTE-19/idle-connections",
  requirements: ["ROUTE-19"],
  title: "LiteLLM keeps an idle connection longer than Traefik would reuse it",
  needs: ["gateway"],
  async run({ gateway, evidence }) {
    const { litellm } = gateway.deployment;
    const variable = litellm.environment.get("KEEPALIVE_TIMEOUT");
    const traefik = traefikIdleTimeout(gateway.deployment.traefik.command);
    const told = {
      cause: "KEEPALIVE_TIMEOUT in LiteLLM's environment is missing, or not above Traefik's idleConnTimeout",
      location: variable?.location ?? litellm.location,
    };
    const closed = await closedAfter(gateway, Math.min(uvicornDefault + 2, traefik));
    if (closed !== undefined) {
      throw new CheckFailure({
        ...told,
        summary: `LiteLLM closes an idle connection after ${closed.toFixed(1)} s, and Traefik uses it again for ${traefik} s`,
        evidence: {
          sent: "GET /health/liveliness to LiteLLM's own port, then nothing on the same connection",
          received: "200, then the end of the connection",
        },
      });
    }
    const set = liteLLMIdleTimeout(litellm.command, variable?.value);
    // What is no number is not above it either.
    if (!(set > traefik)) {
      throw new CheckFailure({
        ...told,
        summary: `LiteLLM closes an idle connection after ${set} s, by its KEEPALIVE_TIMEOUT, and Traefik uses it again for ${traefik} s`,
      });
    }
    evidence.finding(
      `An idle connection to LiteLLM outlives uvicorn's default of ${uvicornDefault} s; KEEPALIVE_TIMEOUT is ${set} s, Traefik lets go after ${traefik} s.`,
    );
  },
});

/**
 * Seconds after which LiteLLM hung up on a connection that had carried one request; undefined when it had not by then.
 *
 * @param watch seconds
 */
async function closedAfter(gateway: GatewayTarget, watch: number): Promise<number | undefined> {
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
