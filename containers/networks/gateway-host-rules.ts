import type { Flow, Watch } from "../../helpers/reachability/sweep.ts";
import type { MadeNetwork } from "./network.ts";

/** A port of the gateway host that leads to a part, as compose's `ports:` publishes it. */
export interface Publication {
  port: number;
  to: { address: string; address6: string | undefined; port: number };
}

/** One of the gateway host's interfaces, called as on the real one. */
export interface HostInterface {
  name: string;
  network: MadeNetwork;
  /** `bridge` is one of docker's, `internal` one of those without a way out; the others are the host's own. */
  side: "lan" | "outside" | "bridge" | "internal";
}

/**
 * What docker itself does on a host, as nftables rules: published ports get a destination NAT, a container on a bridge
 * is reached by its published ports alone, bridges are isolated from each other, internal ones from everything. Source
 * NAT leads answers back: without it the engine drops what comes from outside a network's subnet.
 */
export function dockerRules(interfaces: readonly HostInterface[], published: readonly Publication[]): string {
  const names = (...sides: HostInterface["side"][]): string =>
    interfaces
      .filter(({ side }) => sides.includes(side))
      .map(({ name }) => `"${name}"`)
      .join(", ");
  const targets = {
    ip: published.map(({ port, to }) => `${port} : ${to.address} . ${to.port}`),
    ip6: published.flatMap(({ port, to }) => (to.address6 ? [`${port} : ${to.address6} . ${to.port}`] : [])),
  };
  const own = names("lan", "outside");
  const bridges = names("bridge", "internal");
  const internal = names("internal");
  return [
    ...fresh("docker"),
    "table inet docker {",
    ...sets("isolated"),
    "  chain prerouting {",
    "    type nat hook prerouting priority dstnat; policy accept;",
    ...Object.entries(targets)
      .filter(([, map]) => map.length > 0)
      .map(
        ([family, map]) =>
          `    iifname { ${own} } fib daddr type local dnat ${family} to tcp dport map { ${map.join(", ")} }`,
      ),
    "  }",
    "  chain forward {",
    "    type filter hook forward priority filter; policy accept;",
    "    ct state established,related accept",
    "    ct status dnat accept",
    ...(internal === "" ? [] : [`    iifname { ${internal} } goto isolation`]),
    ...(bridges === "" ? [] : [`    oifname { ${bridges} } goto isolation`]),
    "  }",
    "  chain isolation {",
    ...remember("isolated"),
    "    drop",
    "  }",
    "  chain postrouting {",
    "    type nat hook postrouting priority srcnat; policy accept;",
    `    oifname { ${own} } masquerade`,
    "    ct status dnat masquerade",
    "  }",
    "}",
    "",
  ].join("\n");
}

/** Watches each connection that is asked for, and how far it comes. */
export const watchRules = [
  ...fresh("watch"),
  "table inet watch {",
  ...sets("arrived", "passed"),
  "  chain arrived {",
  "    type filter hook prerouting priority -500; policy accept;",
  "    tcp flags & (fin|syn|rst|ack) == syn add @arrived4 { ip saddr . ip daddr . tcp dport }",
  "    tcp flags & (fin|syn|rst|ack) == syn add @arrived6 { ip6 saddr . ip6 daddr . tcp dport }",
  "  }",
  ...["forward", "input"].flatMap((hook) => [
    `  chain ${hook} {`,
    `    type filter hook ${hook} priority 300; policy accept;`,
    ...remember("passed"),
    "  }",
  ]),
  // The engine asks this machine's name servers from within a container's network: told no, it does not wait for them.
  "  chain names { type filter hook forward priority -500; policy accept; udp dport 53 reject; }",
  "}",
  "",
].join("\n");

/** In the place of what a table of the name held before: a gateway host may be set up again. */
function fresh(table: string): string[] {
  return [`table inet ${table}`, `delete table inet ${table}`];
}

/** A set for each family: source, target and port as the client asked for them. */
function sets(...names: string[]): string[] {
  return names.flatMap((name) => [
    `  set ${name}4 { typeof ip saddr . ct original ip daddr . tcp dport; flags dynamic; size 65535; }`,
    `  set ${name}6 { typeof ip6 saddr . ct original ip6 daddr . tcp dport; flags dynamic; size 65535; }`,
  ]);
}

function remember(set: string): string[] {
  const isNew = "    meta l4proto tcp ct state new";
  return [
    `${isNew} add @${set}4 { ip saddr . ct original ip daddr . ct original proto-dst }`,
    `${isNew} add @${set}6 { ip6 saddr . ct original ip6 daddr . ct original proto-dst }`,
  ];
}

interface ListedSet {
  name: string;
  elem?: { concat: [source: string, target: string, port: number] }[];
}

/**
 * What the gateway host has seen.
 *
 * @param listing `nft -j list ruleset`
 */
export function readWatch(listing: string): Watch {
  const { nftables } = JSON.parse(listing) as { nftables: { set?: ListedSet }[] };
  const flows = (name: string): Flow[] =>
    nftables.flatMap(({ set }) =>
      set?.name === `${name}4` || set?.name === `${name}6`
        ? (set.elem ?? []).map(({ concat: [source, target, port] }) => ({ source, target, port }))
        : [],
    );
  return { arrived: flows("arrived"), passed: flows("passed"), isolated: flows("isolated") };
}

/**
 * Packets that each named counter has counted.
 *
 * @param listing `nft -j list ruleset`
 */
export function readCounters(listing: string): Record<string, number> {
  const { nftables } = JSON.parse(listing) as { nftables: { counter?: { name: string; packets: number } }[] };
  return Object.fromEntries(nftables.flatMap(({ counter }) => (counter ? [[counter.name, counter.packets]] : [])));
}
