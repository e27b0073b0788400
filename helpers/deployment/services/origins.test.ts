import { expect, test } from "vitest";
import { loadDeployment } from "../load.ts";
import { patchedCopy } from "../source/patched-copy.ts";
import type { Deployment } from "../types.ts";
import { forwardedHosts, isOnTheLan } from "./origins.ts";

const { litellm, traefik, traefikModel } = await loadDeployment("deployments/reference");
if (traefik === undefined || traefikModel === undefined) throw new Error("the reference has no Traefik");

/** A service that publishes port 4000 at these addresses of the host. */
function publishing(service: Deployment["litellm"], ...addresses: (string | undefined)[]): Deployment["litellm"] {
  const { location } = service;
  const ports = addresses.map((address) => ({
    host: 4000,
    container: 4000,
    protocol: "tcp" as const,
    address,
    location,
  }));
  return { ...service, ports, networkMode: undefined };
}

test.for<[string, (string | undefined)[], boolean]>([
  ["at every address", [undefined], true],
  ["at an address of the LAN", ["192.168.1.5"], true],
  ["on the host's loopback only", ["127.0.0.1"], false],
  ["nowhere", [], false],
])("a gateway published %s", ([, addresses, expected]) => {
  const alone = { litellm: publishing(litellm, ...addresses), traefik: undefined, traefikModel: undefined };
  expect(isOnTheLan(alone)).toBe(expected);
  const behind = { ...traefik, ports: publishing(traefik, ...addresses).ports };
  expect(isOnTheLan({ litellm, traefik: behind, traefikModel })).toBe(expected);
});

test.for([
  [":443", true],
  ["127.0.0.1:18443", false],
] as const)("a Traefik on the host's own network that listens on %s", async ([address, expected]) => {
  using copy = patchedCopy("deployments/reference", [
    { file: "compose.yaml", find: "--entryPoints.web.address=:80", replace: `--entryPoints.web.address=${address}` },
    { file: "compose.yaml", find: "--entryPoints.websecure.address=:443", replace: "--ping=false" },
  ]);
  const deployment = await loadDeployment(copy.folder);
  const onHost = { ...traefik, networkMode: { value: "host", location: traefik.location }, ports: [] };
  expect(isOnTheLan({ litellm, traefik: onHost, traefikModel: deployment.traefikModel })).toBe(expected);
});

test("a stated port that the files do not open is a forwarder's, with the port of its entry point", async () => {
  const { policy } = await loadDeployment("deployments/reference");
  const [host] = policy.hosts;
  if (host === undefined) throw new Error("the reference has no host");
  const withPort = (port: number | undefined, entryPoint = host.entryPoint) =>
    forwardedHosts({ policy: { ...policy, hosts: [{ ...host, port, entryPoint }] }, traefik, traefikModel }).map(
      ({ listens }) => listens,
    );
  expect(withPort(8443)).toEqual([80]);
  expect(withPort(80)).toEqual([]);
  expect(withPort(undefined)).toEqual([]);
  expect(withPort(8443, "absent")).toEqual([]);
});
