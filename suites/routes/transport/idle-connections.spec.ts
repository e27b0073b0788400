import { once } from "node:events";
import { connect } from "node:net";
import type { GatewayWith } from "../../../containers/targets/needs.ts";
import { CheckFailure } from "../../../helpers/checks/check-failure.ts";
import { deadlines } from "../../../helpers/core/deadlines.ts";
import { noTraefik } from "../../../helpers/deployment/types.ts";
import { check } from "../../runner/check.ts";
import { liteLLMIdleTimeout, traefikIdleTimeout, uvicornDefault } from "../support/idle-limits.ts";

check({
  id: "ROUTE-19/idle-connections",
  requirements: ["ROUTE-19"],
  title: "LiteLLM keeps an idle connection longer than Traefik would reuse it",
  needs: ["gateway", "litellm-port"],
  slow: true,
  async run({ gateway, evidence }) {
    const { litellm, traefikModel } = gateway.deployment;
    if (traefikModel === undefined) return evidence.notSupported(noTraefik);
    const variable = litellm.environment.get("KEEPALIVE_TIMEOUT");
    const traefik = traefikIdleTimeout(traefikModel.static);
    const common = {
      expected: `LiteLLM keeps an idle connection for more than ${traefik} s, for as long as Traefik reuses it`,
      cause: "KEEPALIVE_TIMEOUT in LiteLLM's environment is missing, or not above Traefik's idleConnTimeout",
      location: variable?.location ?? litellm.location,
      fix: `set KEEPALIVE_TIMEOUT to more than ${traefik}`,
    };
    const closed = await secondsUntilClosed(gateway, Math.min(uvicornDefault + 2, traefik));
    if (closed !== undefined) {
      throw new CheckFailure({
        ...common,
        summary: `LiteLLM closes an idle connection after ${closed.toFixed(1)} s, and Traefik reuses it for ${traefik} s`,
        code: "closed-early",
        actual: `closed after ${closed.toFixed(1)} s`,
        evidence: {
          sent: "GET /health/liveliness to LiteLLM's own port, then nothing on the same connection",
          received: "200, then the end of the connection",
        },
      });
    }
    const configured = liteLLMIdleTimeout(litellm.command, variable?.value);
    // Written so that a value which is not a number (NaN) fails as well.
    if (!(configured > traefik)) {
      throw new CheckFailure({
        ...common,
        summary: `LiteLLM closes an idle connection after ${configured} s, by its KEEPALIVE_TIMEOUT, and Traefik reuses it for ${traefik} s`,
        code: "configured-too-short",
        actual: `configured to close it after ${configured} s`,
      });
    }
    evidence.finding(
      `LiteLLM keeps an idle connection longer than uvicorn's default of ${uvicornDefault} s; KEEPALIVE_TIMEOUT is ${configured} s, Traefik stops reusing a connection after ${traefik} s.`,
    );
  },
});

/**
 * Measures when LiteLLM closes an idle connection that has carried one request.
 *
 * @param limit how long to wait, in seconds
 * @returns seconds, or undefined when the connection was still open after the limit
 */
async function secondsUntilClosed(gateway: GatewayWith<"litellm-port">, limit: number): Promise<number | undefined> {
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
      await once(socket, "end", { signal: AbortSignal.timeout(limit * 1000) });
    } catch (error) {
      if ((error as Error).name === "AbortError") return undefined;
      // A reset closes the connection as well.
      if ((error as { code?: string }).code !== "ECONNRESET") throw error;
    }
    return (performance.now() - last) / 1000;
  } finally {
    socket.destroy();
  }
}
