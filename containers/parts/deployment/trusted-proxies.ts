import { BlockList, isIP } from "node:net";
import { basename } from "node:path";
import type { ComposeService } from "../../../helpers/deployment/types.ts";
import type { RenderedChange } from "../../../helpers/run/run-record.ts";
import type { Engine } from "../../engine/engine.ts";
import type { RunNetwork } from "../part.ts";

/** The variable by which uvicorn knows whose `X-Forwarded-*` it may trust. Source: uvicorn, `--forwarded-allow-ips`. */
const variable = "FORWARDED_ALLOW_IPS";

/** Addresses that no router forwards on the internet (RFC 1918, RFC 4193), without the loopback. */
const privateAddresses = new BlockList();
privateAddresses.addSubnet("10.0.0.0", 8);
privateAddresses.addSubnet("172.16.0.0", 12);
privateAddresses.addSubnet("192.168.0.0", 16);
privateAddresses.addSubnet("fc00::", 7, "ipv6");

/** Whether a list of addresses names private ones, which are those of the operator's own networks. */
export function namesPrivateAddress(list: string): boolean {
  return list.split(",").some((item) => {
    const address = item.trim().replace(/\/\d+$/, "");
    const family = isIP(address);
    return family !== 0 && privateAddresses.check(address, family === 6 ? "ipv6" : "ipv4");
  });
}

/**
 * Where LiteLLM trusts a proxy by an address of the operator's networks, it trusts the networks of the run too: they have other
 * addresses.
 *
 * @param networks of the run, to which LiteLLM is connected
 * @throws {Error} the engine's own
 */
export async function trustedProxies(
  engine: Engine,
  { environment, location, key }: Pick<ComposeService, "environment" | "location" | "key">,
  networks: readonly RunNetwork[],
): Promise<{ environment: Record<string, string>; changes: RenderedChange[] }> {
  const written = environment.get(variable)?.value ?? "";
  if (!namesPrivateAddress(written)) return { environment: {}, changes: [] };
  const found = await Promise.all(networks.map(({ id }) => engine.docker.getNetwork(id).inspect()));
  const subnets = (found as { IPAM?: { Config?: { Subnet?: string }[] } }[]).flatMap(
    ({ IPAM: ipam }) => ipam?.Config?.flatMap(({ Subnet: subnet }) => subnet ?? []) ?? [],
  );
  return {
    environment: { [variable]: [written, ...subnets].join(",") },
    changes: [
      {
        where: `${basename(location.file)}:${key}.environment`,
        what: `the run's networks are trusted by ${variable} too`,
        why: `it names addresses of the gateway host's networks (${written}), and the run's have others: whether those are right is not proved`,
      },
    ],
  };
}
