import { lookup as systemLookup } from "node:dns/promises";
import { BlockList, isIP } from "node:net";
import type { Candidate } from "../../candidate/types.ts";
import type { UnreachableHost } from "../../observe/unreachable-host.ts";

/** Gives the addresses of a name; rejects for a name without one. */
export type Lookup = (name: string) => Promise<readonly string[]>;

/** As every program of this machine resolves a name. */
export const lookupOfMachine: Lookup = async (name) =>
  (await systemLookup(name, { all: true })).map(({ address }) => address);

/** A declared host with the addresses that it has outside of the run. */
export interface ResolvedHost {
  name: string;
  ports: readonly number[];
  addresses: readonly string[];
}

/**
 * Resolves the hosts that a candidate file declares, except those that are services of the candidate.
 *
 * @param hosts `host:port`, as the file has them
 */
export async function resolveHosts(
  { hosts, needs }: Pick<Candidate, "hosts" | "needs">,
  lookup: Lookup,
): Promise<{ resolved: readonly ResolvedHost[]; unreachable: readonly UnreachableHost[] }> {
  const services = new Set(needs.map(({ name }) => name));
  const portsOf = new Map<string, Set<number>>();
  for (const host of hosts) {
    const [name = "", port] = host.split(":");
    if (!services.has(name)) portsOf.set(name, (portsOf.get(name) ?? new Set()).add(Number(port)));
  }
  const outcomes = await Promise.all(
    [...portsOf].map(async ([name, ports]) => ({ name, ports: [...ports], found: await addressesOf(name, lookup) })),
  );
  return {
    resolved: outcomes.flatMap(({ name, ports, found }) =>
      "addresses" in found ? [{ name, ports, addresses: found.addresses }] : [],
    ),
    unreachable: outcomes.flatMap(({ name, ports, found }) =>
      "why" in found
        ? ports.map((port) => ({ host: `${name}:${port}`, why: found.why, isAddress: isIP(name) !== 0 }))
        : [],
    ),
  };
}

async function addressesOf(name: string, lookup: Lookup): Promise<{ addresses: readonly string[] } | { why: string }> {
  if (isIP(name) !== 0) return { why: "the gate forwards connections to names, and this is an address" };
  try {
    const all = await lookup(name);
    const addresses = all.filter((address) => !isOwn(address));
    if (addresses.length > 0) return { addresses };
    return {
      why: `its name resolves to ${all.join(", ") || "nothing"}, and a container reaches nothing but itself there`,
    };
  } catch (error) {
    return { why: `its name does not resolve (${(error as Error).message})` };
  }
}

/** Addresses that are the own ones of each container: a relay would forward to itself. */
const own = new BlockList();
own.addSubnet("127.0.0.0", 8, "ipv4");
own.addAddress("0.0.0.0", "ipv4");
own.addAddress("::", "ipv6");
own.addAddress("::1", "ipv6");

function isOwn(address: string): boolean {
  return own.check(address, isIP(address) === 6 ? "ipv6" : "ipv4");
}
