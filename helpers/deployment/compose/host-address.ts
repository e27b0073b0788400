import { BlockList, isIPv6 } from "node:net";

/**
 * Who reaches a port that is published at one address of the host: `everyone`; `nobody` for the host's loopback and docker's
 * default bridge; `lan` for a private address; `outside` for a public one.
 */
export type PublishedTo = "everyone" | "lan" | "outside" | "nobody";

const own = blockList(["127.0.0.0/8", "172.17.0.0/16", "::1/128"]);
/** RFC 1918, RFC 6598 (also of VPNs such as Tailscale), RFC 3927, RFC 4193, RFC 4291. */
const inside = blockList([
  "10.0.0.0/8",
  "172.16.0.0/12",
  "192.168.0.0/16",
  "100.64.0.0/10",
  "169.254.0.0/16",
  "fc00::/7",
  "fe80::/10",
]);

/** @param address the host's address in `ports:`; undefined where it has none */
export function publishedTo(address: string | undefined): PublishedTo {
  if (address === undefined || address === "0.0.0.0" || address === "::") return "everyone";
  const family = isIPv6(address) ? "ipv6" : "ipv4";
  if (own.check(address, family)) return "nobody";
  return inside.check(address, family) ? "lan" : "outside";
}

function blockList(networks: readonly string[]): BlockList {
  const list = new BlockList();
  for (const network of networks) {
    const [address = "", length = ""] = network.split("/");
    list.addSubnet(address, Number(length), isIPv6(address) ? "ipv6" : "ipv4");
  }
  return list;
}
