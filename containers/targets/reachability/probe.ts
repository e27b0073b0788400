import { deadlines } from "../../../helpers/core/deadlines.ts";
import type { ConnectionOutcome } from "../../../helpers/reachability/sweep.ts";
import type { Engine } from "../../engine/engine.ts";
import { execute } from "../../parts/container-command.ts";
import type { PartHandle } from "../../parts/part.ts";

/** What a probe is asked to do. */
export interface ProbeOrder {
  /** Names to resolve. */
  names: readonly string[];
  /** Addresses to connect to, each with its ports. */
  targets: readonly (readonly [address: string, ports: readonly number[]])[];
  /**
   * A connection that the other end closes at once, without a byte, is `reset`. Each open connection takes the whole
   * deadline.
   */
  mustStay?: boolean;
}

/** What a probe has found. */
export interface ProbeResult {
  /** Name to the addresses that it resolves to; empty for a name that is not found. */
  names: Readonly<Record<string, readonly string[]>>;
  attempts: readonly { address: string; port: number; outcome: ConnectionOutcome }[];
}

/** Results of a connection as probe.ts reports them (mostly error codes of Node), in the policy's terms. */
const outcomes: Readonly<Record<string, ConnectionOutcome>> = {
  connected: "connected",
  closed: "reset",
  dropped: "dropped",
  ETIMEDOUT: "dropped",
  ECONNREFUSED: "refused",
  ECONNRESET: "reset",
  EHOSTUNREACH: "no route",
  ENETUNREACH: "no route",
  // There is no IPv6 address to connect from.
  EADDRNOTAVAIL: "no route",
  // IPv6's code for an administrative rejection.
  EACCES: "refused",
};

/**
 * Environment of the probe's name resolution. The engine asks a server for names that it does not know, and no network of
 * the rig reaches that server: by default that takes seconds for each name, four names at a time. It answers for a name that
 * it knows immediately.
 */
const resolverEnvironment = {
  RES_OPTIONS: `timeout:${Math.ceil(deadlines.connect / 1000)} attempts:2`,
  UV_THREADPOOL_SIZE: "32",
};

/**
 * Resolves names and tries connections from a part, with probe.ts of the host's image.
 *
 * @throws {Error} when the probe fails, or reports a result that the suite does not know
 */
export async function probe(engine: Engine, part: PartHandle, order: ProbeOrder): Promise<ProbeResult> {
  const text = JSON.stringify({ ...order, deadline: deadlines.connect });
  const command = ["node", "/app/probe.ts", text];
  const { exitCode, stdout, stderr } = await execute(engine, part.containerId, command, {
    environment: resolverEnvironment,
  });
  if (exitCode !== 0) throw new Error(`the probe on ${part.name} failed: ${stderr.trim()}`);
  const { names, attempts } = JSON.parse(stdout) as {
    names: Record<string, string[]>;
    attempts: { address: string; port: number; outcome: string }[];
  };
  return { names, attempts: attempts.map((attempt) => ({ ...attempt, outcome: outcomeOf(attempt.outcome) })) };
}

function outcomeOf(code: string): ConnectionOutcome {
  const outcome = outcomes[code];
  if (outcome === undefined) throw new Error(`a connection ended with ${code}, which the suite does not know`);
  return outcome;
}
