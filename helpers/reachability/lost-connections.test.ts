import { expect, test } from "vitest";
import { lostConnections } from "./lost-connections.ts";
import type { Attempt, ConnectionOutcome, Site } from "./sweep.ts";

const site = (name: string, ...addresses: string[]): Site => ({
  name,
  addresses: addresses.map((address) => ({ address, network: "" })),
  isInternal: false,
  listening: [],
  names: {},
});
const sites = [
  site("lan", "10.0.0.2", "fd00::2"),
  site("gateway-host", "10.0.0.1", "fd00::1"),
  site("outside", "10.1.0.2"),
];
const attempt = (to: string, address: string, outcome: ConnectionOutcome): Attempt => ({
  from: "lan",
  to,
  address,
  port: 80,
  outcome,
});
const arrived = [{ source: "10.0.0.2", target: "10.0.0.1", port: 80 }];

test("a connection that the gateway host accepted, and that is not in its record, is lost", () => {
  const [kept, lost] = [
    attempt("gateway-host", "10.0.0.1", "connected"),
    attempt("gateway-host", "fd00::1", "connected"),
  ];
  expect(lostConnections([kept, lost], { arrived }, sites, "gateway-host")).toEqual([lost]);
});

test.each<[string, Attempt]>([
  ["was refused", attempt("gateway-host", "fd00::1", "refused")],
  ["leads elsewhere", attempt("outside", "10.1.0.2", "connected")],
])("one that %s is not", (_, other) => {
  expect(lostConnections([other], { arrived }, sites, "gateway-host")).toEqual([]);
});
