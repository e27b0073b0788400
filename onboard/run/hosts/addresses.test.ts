import { expect, test } from "vitest";
import { syntheticCandidate } from "../../proofs/synthetic.ts";
import { resolveHosts } from "./addresses.ts";

const { needs } = syntheticCandidate("stdio");
const known: Readonly<Record<string, readonly string[]>> = {
  "api.example.com": ["192.0.2.7", "2001:db8::7"],
  "mixed.example.com": ["127.0.0.1", "192.0.2.8"],
  "local.example.com": ["127.0.1.1", "::1"],
  notes: ["192.0.2.9"],
};

const lookup = async (name: string): Promise<readonly string[]> => {
  const addresses = known[name];
  if (addresses === undefined) throw new Error(`getaddrinfo ENOTFOUND ${name}`);
  return addresses;
};

test("the ports of a host share its addresses; one that is a loopback address is left out", async () => {
  const hosts = ["api.example.com:443", "mixed.example.com:80", "api.example.com:8443"];
  expect(await resolveHosts({ hosts, needs }, lookup)).toEqual({
    resolved: [
      { name: "api.example.com", ports: [443, 8443], addresses: ["192.0.2.7", "2001:db8::7"] },
      { name: "mixed.example.com", ports: [80], addresses: ["192.0.2.8"] },
    ],
    unreachable: [],
  });
});

test("a service that the candidate needs is reached already", async () => {
  expect(needs.map(({ name }) => name)).toEqual(["notes"]);
  expect(await resolveHosts({ hosts: ["notes:5432"], needs }, lookup)).toEqual({ resolved: [], unreachable: [] });
});

test("a name without an address, a loopback address and an address are unreachable, each for its reason", async () => {
  const hosts = ["gone.example.com:443", "gone.example.com:80", "local.example.com:80", "192.0.2.1:443"];
  expect(await resolveHosts({ hosts, needs }, lookup)).toEqual({
    resolved: [],
    unreachable: [
      ...["gone.example.com:443", "gone.example.com:80"].map((host) => ({
        host,
        why: "its name does not resolve (getaddrinfo ENOTFOUND gone.example.com)",
        isAddress: false,
      })),
      {
        host: "local.example.com:80",
        why: "its name resolves to 127.0.1.1, ::1, and a container reaches nothing but itself there",
        isAddress: false,
      },
      {
        host: "192.0.2.1:443",
        why: "the gate forwards connections to names, and this is an address",
        isAddress: true,
      },
    ],
  });
});
