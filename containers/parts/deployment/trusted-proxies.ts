import { BlockList, isIP } from "node:net";
import { basename } from "node:path";
import type { ComposeService } from "../../../helpers/deployment/types.ts";
import type { RenderedChange } from "../../../helpers/run/run-record.ts";
import type { Engine } from "../../engine/engine.ts";
import type { PartFile, RunNetwork } from "../part.ts";

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

async function subnetsOf(engine: Engine, networks: readonly RunNetwork[]): Promise<string[]> {
  const found = await Promise.all(networks.map(({ id }) => engine.docker.getNetwork(id).inspect()));
  return (found as { IPAM?: { Config?: { Subnet?: string }[] } }[]).flatMap(
    ({ IPAM: ipam }) => ipam?.Config?.flatMap(({ Subnet: subnet }) => subnet ?? []) ?? [],
  );
}

/**
 * Settings of LiteLLM's config by which it knows its proxies, and the clients that may see servers with
 * `available_on_public_internet: false`. Source: litellm 1.106.2, proxy/auth/ip_address_utils.py.
 */
const rangeSettings = ["mcp_trusted_proxy_ranges", "mcp_internal_ip_ranges", "trusted_proxy_ranges"];

/**
 * LiteLLM's configs, as JSON, with the run's networks in the settings that name addresses of the operator's networks: see
 * {@link trustedProxies}.
 *
 * @param networks of the run, to which LiteLLM is connected
 * @returns the configs that differ, by their path in the container
 * @throws {Error} the engine's own
 */
export async function trustedRanges(
  engine: Engine,
  configs: readonly Pick<PartFile, "target" | "content">[],
  networks: readonly RunNetwork[],
): Promise<{ contents: ReadonlyMap<string, string>; changes: RenderedChange[] }> {
  const contents = new Map<string, string>();
  const changes: RenderedChange[] = [];
  for (const { target, content } of configs) {
    const document = JSON.parse(content.toString()) as { general_settings?: Record<string, unknown> | null };
    const settings = document.general_settings ?? {};
    for (const name of rangeSettings) {
      const written = settings[name];
      if (!Array.isArray(written) || !namesPrivateAddress(written.join(","))) continue;
      settings[name] = [...written, ...(await subnetsOf(engine, networks))];
      contents.set(target, JSON.stringify(document, null, 2));
      changes.push({
        where: `${basename(target)}:general_settings.${name}`,
        what: "the run's networks are added",
        why: `it names addresses of the operator's networks (${written.join(", ")}), and the run's have others: whether those are right is not proved`,
      });
    }
  }
  return { contents, changes };
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
  return {
    environment: { [variable]: [written, ...(await subnetsOf(engine, networks))].join(",") },
    changes: [
      {
        where: `${basename(location.file)}:${key}.environment`,
        what: `the run's networks are trusted by ${variable} too`,
        why: `it names addresses of the gateway host's networks (${written}), and the run's have others: whether those are right is not proved`,
      },
    ],
  };
}
