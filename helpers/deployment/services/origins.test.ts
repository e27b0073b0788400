import { expect, test } from "vitest";
import { loadDeployment } from "../load.ts";
import type { Deployment } from "../types.ts";
import { isOnTheLan } from "./origins.ts";

const { litellm, traefik } = await loadDeployment("deployments/reference");
if (traefik === undefined) throw new Error("the reference has no Traefik");

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
  expect(isOnTheLan({ litellm: publishing(litellm, ...addresses), traefik: undefined })).toBe(expected);
  expect(isOnTheLan({ litellm, traefik: { ...traefik, ports: publishing(traefik, ...addresses).ports } })).toBe(
    expected,
  );
});
