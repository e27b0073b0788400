import type { Attempt, Site, Watch } from "./sweep.ts";

/**
 * Connections to the gateway host that were made although its record does not have them: the record is incomplete then. Under load,
 * a listing of nft has lacked half of it (seen in three of a hundred sweeps).
 *
 * @param host name of the gateway host's site
 */
export function lostConnections(
  attempts: readonly Attempt[],
  { arrived }: Pick<Watch, "arrived">,
  sites: readonly Site[],
  host: string,
): Attempt[] {
  const recorded = new Set(arrived.map(({ source, target, port }) => `${source} ${target} ${port}`));
  const addressesOf = new Map(sites.map(({ name, addresses }) => [name, addresses.map(({ address }) => address)]));
  return attempts.filter(
    ({ from, to, address, port, outcome }) =>
      to === host &&
      outcome === "connected" &&
      !(addressesOf.get(from) ?? []).some((source) => recorded.has(`${source} ${address} ${port}`)),
  );
}
