import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { loadDeployment } from "../deployment/load.ts";
import { type Patch, patchedCopy } from "../deployment/source/patched-copy.ts";
import { causeOfBlocked, causeOfOpen } from "./causes.ts";
import { decidingLine } from "./firewall-lines.ts";
import type { Cell } from "./matrix.ts";

const compose = (find: string, replace: string): Patch => ({ file: "compose.yaml", find, replace });
const nft = (find: string, replace: string): Patch => ({ file: "firewall.nft", find, replace });
const onlyData = "    networks: [data-net]";
const ofLiteLLM = "networks: [traefik-net, provider-net, data-net]";
const cell = { port: 5432, family: 4, rule: undefined, address: "", outcome: "connected", fate: "passed" } as const;
const denied = { outcome: "refused", verdict: "blocked", fate: "denied-by-firewall", shared: undefined } as const;
/** Port 80 of the gateway host, which the LAN may reach, refuses the connection. */
const refusedAtTheHost: Cell = {
  ...cell,
  ...denied,
  from: "lan",
  to: "gateway-host",
  port: 80,
  fate: "passed",
};

test.for<[string, Patch[], Cell, string]>([
  [
    "a service on a network that it does not need",
    [compose(onlyData, "    networks:\n      data-net: {}\n      traefik-net: {}")],
    { ...cell, from: "traefik", to: "postgres", verdict: "open", shared: "traefik-net" },
    "traefik-net: {}",
  ],
  [
    "a service on the network by which another one may leave",
    [compose(onlyData, "    networks:\n      data-net: {}\n      provider-net: {}")],
    { ...cell, from: "postgres", to: "outside", port: 443, verdict: "open", shared: undefined },
    "provider-net: {}",
  ],
  [
    "a network that became the way out",
    [compose("    internal: true\n", "")],
    { ...cell, ...denied, from: "litellm", to: "outside", port: 443 },
    "data-net:",
  ],
  [
    "the firewall's rule for the way out",
    [nft('"br-provider" oifname "wan0" tcp dport 443', '"br-provider" oifname "wan0" tcp dport 8443')],
    { ...cell, ...denied, from: "litellm", to: "outside", port: 443 },
    "tcp dport 8443 accept",
  ],
  [
    "the firewall's rule for the LAN",
    [nft("ct original proto-dst { 80, 4000 }", "ct original proto-dst 80")],
    { ...cell, ...denied, from: "lan", to: "gateway-host", port: 4000 },
    "ct original proto-dst 80 accept",
  ],
  [
    "the firewall's rule for the LAN on another interface",
    [nft('"lan0" ct status dnat', '"wan0" ct status dnat')],
    { ...cell, ...denied, from: "lan", to: "gateway-host", port: 4000 },
    "ct original proto-dst { 80, 4000 } accept",
  ],
  [
    "a service that left a network",
    [compose(ofLiteLLM, "networks: [provider-net, data-net]")],
    {
      ...cell,
      from: "traefik",
      to: "litellm",
      outcome: "no route",
      verdict: "blocked",
      fate: "not-seen",
      shared: undefined,
    },
    "networks: [provider-net, data-net]",
  ],
  [
    "a service that has no alias on the network that both are on",
    [compose("aliases: [litellm.linuxserver.lan]", "aliases: [other.lan]")],
    {
      ...cell,
      ...denied,
      from: "litellm",
      to: "traefik",
      port: 80,
      outcome: "name not found",
      fate: "not-seen",
      rule: { as: "litellm.linuxserver.lan" } as Cell["rule"],
    },
    "traefik-net:",
  ],
  [
    "a service that left the network out of which the firewall lets connections",
    [compose(ofLiteLLM, "networks: [traefik-net, data-net]")],
    { ...cell, ...denied, from: "litellm", to: "outside", port: 443 },
    "networks: [traefik-net, data-net]",
  ],
  [
    "a firewall that denies the answers",
    [nft("established : accept", "established : drop")],
    { ...cell, ...denied, from: "litellm", to: "outside", port: 443, outcome: "dropped", fate: "passed" },
    "ct state vmap",
  ],
  ["a port that is published under another number", [compose('- "80:80"', '- "81:80"')], refusedAtTheHost, '- "81:80"'],
  [
    "a TCP port that is published for UDP too",
    [compose('- "80:80"', '- "80:80/udp"\n      - "80:80"')],
    refusedAtTheHost,
    '- "80:80"',
  ],
  [
    "a port that leads to a port on which nothing listens",
    [compose('- "80:80"', '- "80:8000"')],
    refusedAtTheHost,
    '- "80:8000"',
  ],
])("the line of %s is named", async ([_, breaks, broken, line]) => {
  using copy = patchedCopy("deployments/reference", breaks);
  const deployment = await loadDeployment(copy.folder);
  const { location } = (broken.verdict === "open" ? causeOfOpen : causeOfBlocked)(broken, deployment);
  const lines = location === undefined ? [] : readFileSync(location.file, "utf8").split("\n");
  expect(lines[(location?.line ?? 0) - 1]?.trim()).toContain(line);
});

test("Traefik's API on a shared network is opened by its option, another port by the network", async () => {
  using copy = patchedCopy("deployments/examples/two-projects", []);
  const deployment = await loadDeployment(copy.folder);
  const [shared = ""] = deployment.traefik?.networks.keys() ?? [];
  const open = { ...cell, from: "litellm", to: "traefik", verdict: "open", shared } as const;
  const ofApi = causeOfOpen({ ...open, port: 8083 }, deployment);
  expect(ofApi.location?.file).toMatch(/traefik\/traefik\.yml$/);
  expect(readFileSync(ofApi.location?.file ?? "", "utf8").split("\n")[(ofApi.location?.line ?? 0) - 1]).toContain(
    "insecure: true",
  );
  expect(ofApi.fix).toBe("set api.insecure to false");
  expect(causeOfOpen({ ...open, port: 9000 }, deployment).cause).toContain(`both are on ${shared}`);
});

const toSsh: Cell = { ...cell, port: 22, from: "lan", to: "gateway-host", verdict: "open", shared: undefined };

test.for<[string, Patch[], Cell, string]>([
  ["lets a port in", [nft("dport { 80, 4000 }", "dport { 80, 4000, 22 }")], toSsh, "dport { 80, 4000, 22 } accept"],
  ["lets everything in", [nft("goto denied", "accept")], toSsh, "accept"],
  ["drops where the policy says refuse", [nft("reject with tcp reset", "drop")], toSsh, "meta l4proto tcp drop"],
  ["has a policy that accepts", [nft("goto denied", "")], toSsh, "type filter hook input"],
  ["is right", [], toSsh, "meta l4proto tcp reject with tcp reset"],
])("the line of the firewall that decides is named where it %s", async ([_, breaks, tried, line]) => {
  using copy = patchedCopy("deployments/reference", breaks);
  const location = decidingLine(tried, await loadDeployment(copy.folder));
  expect(location?.file.endsWith("firewall.nft")).toBe(true);
  const lines = readFileSync(location?.file ?? "", "utf8").split("\n");
  expect(lines[(location?.line ?? 0) - 1]?.trim()).toContain(line);
});
