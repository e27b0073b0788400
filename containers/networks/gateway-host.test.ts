import { expect, test } from "vitest";
import type { ComposeService } from "../../helpers/deployment/types.ts";
import type { PartHandle } from "../parts/part.ts";
import { publications } from "./gateway-host.ts";
import { dockerRules, type HostInterface } from "./gateway-host-rules.ts";

const location = { file: "compose.yaml", line: 1 };
const service = (ports: [number, number, "tcp" | "udp"][]): ComposeService =>
  ({
    ports: ports.map(([host, container, protocol]) => ({ host, container, protocol, location })),
  }) as unknown as ComposeService;
const networks = ["run-traefik-net"];
const part = (address: string, address6?: string): PartHandle =>
  ({
    addresses: { "run-traefik-net": address },
    addresses6: address6 === undefined ? {} : { "run-traefik-net": address6 },
  }) as unknown as PartHandle;
const at = (name: string, side: HostInterface["side"]): HostInterface => ({
  name,
  side,
  network: { name, id: name, ipv6: false, router: [] },
});
const interfaces = [at("lan0", "lan"), at("wan0", "outside"), at("br-traefik", "bridge"), at("br-data", "internal")];

test("each published TCP port leads to its part on the shared network", () => {
  const published = publications([
    {
      service: service([
        [80, 8000, "tcp"],
        [53, 53, "udp"],
      ]),
      part: part("10.0.0.2"),
      networks,
    },
    { service: service([[4000, 4000, "tcp"]]), part: part("10.0.0.3"), networks },
    { service: service([[5432, 5432, "tcp"]]), part: undefined, networks },
    { service: service([[6379, 6379, "tcp"]]), part: part("10.0.0.4"), networks: [] },
  ]);
  const rules = dockerRules(interfaces, published);
  for (const name of ["lan0", "wan0"])
    expect(rules).toContain(
      `iifname { "${name}" } fib daddr type local dnat ip to tcp dport map { 80 : 10.0.0.2 . 8000, 4000 : 10.0.0.3 . 4000 }`,
    );
  expect(rules).not.toContain("dnat ip6");
});

test("a part with an IPv6 address is also published at that address", () => {
  const published = publications([
    { service: service([[80, 80, "tcp"]]), part: part("10.0.0.2", "fd00::2"), networks },
  ]);
  expect(dockerRules(interfaces, published)).toContain("dnat ip6 to tcp dport map { 80 : fd00::2 . 80 }");
});

test("a port that is published on the host's loopback is not published to the networks", () => {
  const bound = service([[4000, 4000, "tcp"]]);
  const ports = bound.ports.map((port) => ({ ...port, address: "127.0.0.1" }));
  expect(publications([{ service: { ...bound, ports }, part: part("10.0.0.3"), networks }])).toEqual([]);
});

test("a port at one address of the host is published on that address's side alone", () => {
  const bound = service([
    [443, 8443, "tcp"],
    [443, 9443, "tcp"],
    [443, 7443, "tcp"],
  ]);
  const addresses = ["192.168.1.10", "203.0.113.7", "10.0.0.1"];
  const ports = bound.ports.map((port, index) => ({ ...port, address: addresses[index] }));
  const published = publications([{ service: { ...bound, ports }, part: part("10.0.0.3"), networks }]);
  expect(published.map(({ sides, to }) => [sides, to.port])).toEqual([
    [["lan"], 8443],
    [["outside"], 9443],
  ]);
  const rules = dockerRules(interfaces, published);
  expect(rules).toContain('iifname { "lan0" } fib daddr type local dnat ip to tcp dport map { 443 : 10.0.0.3 . 8443 }');
  expect(rules).toContain('iifname { "wan0" } fib daddr type local dnat ip to tcp dport map { 443 : 10.0.0.3 . 9443 }');
});

test("bridges are isolated, and internal ones have no route out", () => {
  const rules = dockerRules(interfaces, []);
  expect(rules).toContain('iifname { "br-data" } goto isolation');
  expect(rules).toContain('oifname { "br-traefik", "br-data" } goto isolation');
});
