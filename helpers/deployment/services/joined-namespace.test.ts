import { expect, test } from "vitest";
import { readFacts } from "../facts.ts";
import { smallDeployment } from "../infer/small-deployment.ts";
import { portThroughHost, type RouteEnds } from "./host-route.ts";
import { serviceAt } from "./hosts.ts";
import { withJoinedNamespaces } from "./joined-namespace.ts";

/** LiteLLM and Traefik as they are in their namespaces. */
function endsOf({ litellm, traefik }: { litellm: string; traefik: string }): RouteEnds {
  using deployment = smallDeployment({
    "compose.yaml": `services:
  litellm: { image: "ghcr.io/berriai/litellm:main-v1.77.1", ${litellm} }
  traefik: { image: "traefik:v3.5.3", command: [--entryPoints.web.address=:80], ${traefik} }
  vpn:
    image: tailscale/tailscale
    hostname: gateway
    extra_hosts: ["nas:192.0.2.7"]
    ports: ["8080:80", "127.0.0.1:4100:4000", "41641:41641/udp", "9000:9000"]
    networks: { tunnel: { aliases: [ai] } }
networks: { tunnel: {} }
`,
  });
  const facts = readFacts(deployment.folder);
  const { compose } = facts;
  const own = compose?.services.get("litellm");
  if (compose === undefined || own === undefined) throw new Error(JSON.stringify(facts.faults.faults));
  return withJoinedNamespaces(facts.traefik(), { compose, litellm: own, traefik: compose.services.get("traefik") });
}

/** The published ports of each service that has any, e.g. `vpn: 9000:9000`. */
function portsOf({ compose }: RouteEnds): string[] {
  return [...compose.services.values()]
    .flatMap(({ key, ports }) => ports.map(({ host, container }) => `${key}: ${host}:${container}`))
    .toSorted();
}

test("what a VPN publishes for the LiteLLM in its namespace is LiteLLM's, with the VPN's networks and names", () => {
  const ends = endsOf({ litellm: "network_mode: 'service:vpn'", traefik: "" });
  expect(portsOf(ends)).toEqual(["litellm: 4100:4000", "vpn: 41641:41641", "vpn: 8080:80", "vpn: 9000:9000"]);
  expect([...ends.litellm.networks]).toEqual([["tunnel", expect.arrayContaining(["vpn", "gateway", "ai"])]]);
  expect(ends.litellm.settings.get("extra_hosts")?.value).toEqual(["nas=192.0.2.7"]);
  expect(["vpn", "gateway", "ai"].map((name) => serviceAt(ends.compose, name)?.key)).toEqual(Array(3).fill("litellm"));
  expect(ends.compose.services.get("litellm")).toBe(ends.litellm);
});

test("what a VPN publishes for the Traefik in its namespace is Traefik's", () => {
  const ends = endsOf({ litellm: "networks: [tunnel]", traefik: "network_mode: 'service:vpn'" });
  expect(portsOf(ends)).toContain("traefik: 8080:80");
  expect([...(ends.traefik?.networks.keys() ?? [])]).toEqual(["tunnel"]);
  expect(serviceAt(ends.compose, "vpn")?.key).toBe("traefik");
});

test("with both in its namespace, each has its own ports, and Traefik has LiteLLM on its loopback", () => {
  const ends = endsOf({ litellm: "network_mode: 'service:vpn'", traefik: "network_mode: 'service:vpn'" });
  expect(portsOf(ends)).toEqual(["litellm: 4100:4000", "traefik: 8080:80", "vpn: 41641:41641", "vpn: 9000:9000"]);
  expect(serviceAt(ends.compose, "vpn")?.key).toBe("litellm");
  expect([...(ends.traefik?.networks ?? [])]).toEqual([["tunnel", []]]);
  expect(portThroughHost("http://localhost:4000", ends)).toBe(4000);
  expect(portThroughHost("http://localhost:9000", ends)).toBeUndefined();
});

test("a LiteLLM in Traefik's namespace takes no name from Traefik", () => {
  const ends = endsOf({ litellm: "network_mode: 'service:traefik'", traefik: "ports: ['80:80', '4000:4000']" });
  expect(portsOf(ends).filter((one) => !one.startsWith("vpn"))).toEqual(["litellm: 4000:4000", "traefik: 80:80"]);
  expect(serviceAt(ends.compose, "traefik")?.key).toBe("traefik");
  expect(portThroughHost("http://127.0.0.1:4000", ends)).toBe(4000);
});

test("services with networks of their own stay as they are", () => {
  const ends = endsOf({ litellm: "ports: ['4000:4000']", traefik: "ports: ['80:80']" });
  expect(withJoinedNamespaces(undefined, ends)).toBe(ends);
});
