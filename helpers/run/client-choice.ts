import { EnvironmentError } from "../core/errors.ts";

/**
 * Whether the heavy clients of the matrix are wanted too: `CLIENTS=all`.
 *
 * @throws {EnvironmentError} when the variable says something else than `all` or `default`
 */
export function heavyClients(wanted = process.env.CLIENTS ?? "default"): boolean {
  if (wanted === "all" || wanted === "default") return wanted === "all";
  throw new EnvironmentError(`CLIENTS=${wanted} is unknown; set it to default or all`);
}
