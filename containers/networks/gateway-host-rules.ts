import type { Flow, Watch } from "../../helpers/reachability/sweep.ts";
import type { MadeNetwork } from "./network.ts";

/** A port of the gateway host that leads to a part, as `ports:` in compose.yaml publishes it. */
export interface Publication {
  port: number;
  /** The sides of the host whose addresses have the port. */
  sides: readonly HostSide[];
  to: { address: string; address6: string | undefined; port: number };
}

/** A side of the gateway host from which clients come. */
export type HostSide = "lan" | "outside";

/** An interface of the gateway host, with the name of the real one. */
export interface HostInterface {
  name: string;
  network: MadeNetwork;
  /** `bridge`: one of docker's bridges; `internal`: one without a route out; the others belong to the host itself. */
  side: HostSide | "bridge" | "internal";
}

/**
 * The rules that docker itself sets on a host, in nftables syntax: published ports get a destination NAT, a container on a
 * bridge can only be reached through its published ports, bridges are isolated from each other, and internal ones from
 * everything. Source NAT leads responses back: without it the engine drops packets from outside a network's subnet.
 */
export function dockerRules(interfaces: readonly HostInterface[], published: readonly Publication[]): string {
  const names = (...sides: HostInterface["side"][]): string =>
    interfaces
      .filter(({ side }) => sides.includes(side))
      .map(({ name }) => `"${name}"`)
      .join(", ");
  const hostSides = names("lan", "outside");
  const bridges = names("bridge", "internal");
  const internal = names("internal");
  return [
    ...fresh("docker"),
    "table inet docker {",
    ...sets("isolated"),
    "  chain prerouting {",
    "    type nat hook prerouting priority dstnat; policy accept;",
    ...(["lan", "outside"] as const).flatMap((side) =>
      destinations(published.filter(({ sides }) => sides.includes(side))).map(
        ([family, map]) =>
          `    iifname { ${names(side)} } fib daddr type local dnat ${family} to tcp dport map { ${map} }`,
      ),
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
    ...record("isolated"),
    "    drop",
    "  }",
    "  chain postrouting {",
    "    type nat hook postrouting priority srcnat; policy accept;",
    `    oifname { ${hostSides} } masquerade`,
    "    ct status dnat masquerade",
    "  }",
    "}",
    "",
  ].join("\n");
}

/** For each address family with a target, the map from port to target in nftables syntax. */
function destinations(published: readonly Publication[]): [family: string, map: string][] {
  const targets = {
    ip: published.map(({ port, to }) => `${port} : ${to.address} . ${to.port}`),
    ip6: published.flatMap(({ port, to }) => (to.address6 ? [`${port} : ${to.address6} . ${to.port}`] : [])),
  };
  return Object.entries(targets).flatMap(([family, map]) => (map.length === 0 ? [] : [[family, map.join(", ")]]));
}

/** Rules that record each connection attempt, and how far it gets. */
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
    ...record("passed"),
    "  }",
  ]),
  // The engine queries this machine's name servers from a container's network: a rejection saves it the time-out.
  "  chain names { type filter hook forward priority -500; policy accept; udp dport 53 reject; }",
  "}",
  "",
].join("\n");

/** Deletes a table of that name, because a gateway host may be configured again. */
function fresh(table: string): string[] {
  return [`table inet ${table}`, `delete table inet ${table}`];
}

/** One set for each address family: source, target and port of the client's connection attempt. */
function sets(...names: string[]): string[] {
  return names.flatMap((name) => [
    `  set ${name}4 { typeof ip saddr . ct original ip daddr . tcp dport; flags dynamic; size 65535; }`,
    `  set ${name}6 { typeof ip6 saddr . ct original ip6 daddr . tcp dport; flags dynamic; size 65535; }`,
  ]);
}

function record(set: string): string[] {
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
 * The connection attempts that the gateway host has recorded.
 *
 * @param listing output of `nft -j list ruleset`
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
 * The packets of each named counter.
 *
 * @param listing output of `nft -j list ruleset`
 */
export function readCounters(listing: string): Record<string, number> {
  const { nftables } = JSON.parse(listing) as { nftables: { counter?: { name: string; packets: number } }[] };
  return Object.fromEntries(nftables.flatMap(({ counter }) => (counter ? [[counter.name, counter.packets]] : [])));
}
