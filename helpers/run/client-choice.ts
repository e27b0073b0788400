import { runConfig } from "../core/run-config.ts";

/**
 * Whether the heavy clients of the matrix run too: `CLIENTS=all`.
 *
 * @throws {UsageError} when a variable of the run has a value that is not allowed
 */
export function heavyClients(): boolean {
  return runConfig().clients === "all";
}
