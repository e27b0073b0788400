import { BlockList, isIP } from "node:net";

/**
 * The first and the last address of each range from which docker assigns networks by default. A run's clients have addresses
 * of these ranges. Source: moby, libnetwork/ipamutils, `localScopeDefaultNetworks`.
 */
export const runAddresses = ["172.17.0.0", "172.31.255.255", "192.168.0.0", "192.168.255.255"] as const;

/**
 * Whether an allow list lets in the clients of every run.
 *
 * @param ranges addresses and networks, as Traefik has them
 */
export function letsRunIn(ranges: readonly string[]): boolean {
  return runAddresses.every((address) => ranges.some((range) => hasAddress(range, address)));
}

/** Whether an address of version 4 is in a range, or is it. */
export function hasAddress(range: string, address: string): boolean {
  if (isEveryone(range)) return true;
  const [base = "", bits = "32"] = range.trim().split("/");
  if (isIP(base) !== 4 || !/^(?:[12]?\d|3[0-2])$/.test(bits)) return false;
  const network = new BlockList();
  network.addSubnet(base, Number(bits));
  return network.check(address);
}

/** Whether a range has every client in it: `0.0.0.0/0`, `::/0`. */
export function isEveryone(range: string): boolean {
  return /\/0$/.test(range.trim());
}
