import { BlockList, isIP } from "node:net";
import { isEveryone } from "./match-rule.ts";

/**
 * The first and the last address of each range from which docker assigns networks by default. A run's clients have addresses
 * of these ranges. Source: moby, libnetwork/ipamutils, `localScopeDefaultNetworks`.
 */
const ends = ["172.17.0.0", "172.31.255.255", "192.168.0.0", "192.168.255.255"];

/**
 * Whether an allow list lets in the clients of every run.
 *
 * @param ranges addresses and networks, as Traefik has them
 */
export function letsRunIn(ranges: readonly string[]): boolean {
  if (ranges.some(isEveryone)) return true;
  const allowed = new BlockList();
  for (const range of ranges) {
    const [address = "", bits = ""] = range.trim().split("/");
    if (isIP(address) === 4 && /^(?:[12]?\d|3[0-2])$/.test(bits)) allowed.addSubnet(address, Number(bits));
  }
  return ends.every((end) => allowed.check(end));
}
