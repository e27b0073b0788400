import { execFile } from "node:child_process";
import { type AddressInfo, createServer } from "node:net";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import type { PartImage } from "../../../containers/images/part-image.ts";
import { reachThem } from "../../observe/unreachable-host.ts";
import { hostRelayPlan, triedPorts, unreachablePorts } from "./host-relay.ts";

test("a relay that has not tried its host says nothing yet", () => {
  expect(triedPorts("")).toBeUndefined();
});

test("a relay names the port that no address accepts connections on, and the reason of each address", async () => {
  // A port of this machine on which nothing listens.
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  const host = { name: "api.example.com", ports: [port], addresses: ["127.0.0.1", "127.0.0.2"] };
  const { entrypoint } = hostRelayPlan("relay-1", host, { name: "outside", id: "1" }, {} as PartImage);
  const { stdout } = await promisify(execFile)(process.execPath, [...(entrypoint ?? [])].slice(1));
  const why = `connect ECONNREFUSED 127.0.0.1:${port}, connect ECONNREFUSED 127.0.0.2:${port}`;
  expect(triedPorts(stdout)).toEqual([{ port, why }]);
});

test("a host without an IPv4 address says so, one with both kinds does not", () => {
  const tried = [{ port: 443, why: "connect ENETUNREACH" }, { port: 80 }];
  const lost = { host: "api.example.com:443", why: "connect ENETUNREACH", isAddress: false };
  const addresses = ["2001:db8::7"];
  expect(unreachablePorts({ name: "api.example.com", addresses }, tried)).toEqual([{ ...lost, isIPv6Only: true }]);
  const both = [...addresses, "192.0.2.7"];
  expect(unreachablePorts({ name: "api.example.com", addresses: both }, tried)).toEqual([lost]);
  expect(reachThem([{ ...lost, isIPv6Only: true }])).toBe(
    "run it again where the engine gives new networks IPv6 (Docker: default-network-opts), because api.example.com:443 has no IPv4 address",
  );
});
