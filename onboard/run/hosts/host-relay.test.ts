import { execFile } from "node:child_process";
import { type AddressInfo, createServer } from "node:net";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import type { PartImage } from "../../../containers/images/part-image.ts";
import { hostRelayPlan, triedPorts } from "./host-relay.ts";

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
