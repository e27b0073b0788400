import { EnvironmentError } from "../../helpers/core/errors.ts";
import { redactValues } from "../../helpers/core/text/redaction.ts";
import type { Observations } from "../observe/observations.ts";
import { reachThem, type UnreachableHost, unreachableLines } from "../observe/unreachable-host.ts";

/**
 * A candidate that lists no tool without a host that it needs can't be judged at all: a server that only passes on what another
 * one offers ends, or lists nothing.
 *
 * @throws {EnvironmentError} with its last log lines
 */
export function requireTools(
  { catalogue, failed }: Pick<Observations, "catalogue" | "failed">,
  unreachable: readonly UnreachableHost[],
  secrets: ReadonlyMap<string, string>,
): void {
  if (unreachable.length === 0 || (catalogue?.tools.length ?? 0) > 0) return;
  const why = failed === undefined ? "it lists no tool" : `it does not start: ${failed.why}`;
  const lines = [
    `the candidate can't be judged: ${why}`,
    ...(failed?.log ?? []).map((line) => `  ${line}`),
    ...unreachableLines(unreachable),
    reachThem(unreachable),
  ];
  const { message } = redactValues({ message: lines.join("\n") }, secrets) as { message: string };
  throw new EnvironmentError(message);
}
