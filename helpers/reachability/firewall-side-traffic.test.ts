import { readFileSync, writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { loadDeployment } from "../deployment/load.ts";
import { patchedCopy } from "../deployment/source/patched-copy.ts";
import type { Deployment, SourceLocation } from "../deployment/types.ts";
import { loopbackLine, whyHostUnanswered, whyNotFound, whyUnanswered } from "./firewall-side-traffic.ts";

/** The chains `input` and `forward` of a firewall with these rules, in the reference deployment. */
async function withFirewall<T>(input: string, forward: string, look: (deployment: Deployment) => T): Promise<T> {
  using copy = patchedCopy("deployments/reference", []);
  const deployment = await loadDeployment(copy.folder);
  const { firewall } = deployment.policy;
  if (firewall === undefined) throw new Error("the reference has a firewall");
  const chain = (name: string, rules: string): string =>
    `chain ${name} {\n  type filter hook ${name} priority 0; policy drop;\n${rules}\n}\n`;
  writeFileSync(firewall.file, `table inet gateway {\n${chain("input", input)}${chain("forward", forward)}}\n`);
  return look(deployment);
}

const text = (location: SourceLocation | undefined): string | undefined =>
  location && readFileSync(location.file, "utf8").split("\n")[location.line - 1]?.trim();

const [answers, onlyIpv6] = ["ct state established,related accept", "meta nfproto ipv6 ct state established accept"];
const byMap = "ct state vmap { established : accept, related : accept, invalid : drop }";
const published = { from: "outside", to: "gateway-host", port: 443, family: 4 } as const;
const out = { from: "litellm", to: "outside", port: 443, family: 4 } as const;

test.for<[string, string, string | undefined]>([
  ["accepts them", answers, undefined],
  ["accepts them by a map", byMap, undefined],
  ["accepts them in a set", "ct state { established, related } accept", undefined],
  ["accepts everything", "accept", undefined],
  ["accepts them over IPv6 alone", onlyIpv6, onlyIpv6],
  ["drops them", "ct state vmap { established : drop }", "ct state vmap { established : drop }"],
  ["says nothing of them", "tcp dport 443 accept", "type filter hook forward priority 0; policy drop;"],
])("answers through a forward chain that %s", async ([_, forward, line]) => {
  await withFirewall(byMap, forward, (deployment) => {
    expect(text(whyUnanswered(published, deployment)?.location)).toBe(line);
    expect(text(whyUnanswered(out, deployment)?.location)).toBe(line);
  });
});

test("answers to docker's proxy come in over IPv4 whatever the client uses", async () => {
  const overIpv6 = { ...published, family: 6 } as const;
  await withFirewall(onlyIpv6, answers, (deployment) => {
    expect(whyUnanswered(published, deployment)).toBeUndefined();
    expect(text(whyUnanswered(overIpv6, deployment)?.location)).toBe(onlyIpv6);
    expect(whyHostUnanswered("lan", 80, deployment)?.cause).toContain("docker's proxy hands port 80 on");
    expect(whyHostUnanswered("lan", 9999, deployment)).toBeUndefined();
  });
  await withFirewall(answers, answers, (deployment) =>
    expect(whyHostUnanswered("lan", 80, deployment)).toBeUndefined(),
  );
});

test.for<[string, string, string | undefined]>([
  ["accepts ICMPv6", "meta l4proto ipv6-icmp accept", undefined],
  ["accepts neighbour discovery alone", "icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } accept", undefined],
  ["accepts ICMPv6 by the header", "ip6 nexthdr icmpv6 accept", undefined],
  [
    "accepts it over IPv4 alone",
    "meta nfproto ipv4 meta l4proto { icmp, ipv6-icmp } accept",
    "meta nfproto ipv4 meta l4proto { icmp, ipv6-icmp } accept",
  ],
  ["accepts pings alone", "icmpv6 type echo-request accept", "icmpv6 type echo-request accept"],
  ["says nothing of it", answers, "type filter hook input priority 0; policy drop;"],
])("a source finds the gateway host's IPv6 address where the input chain %s", async ([_, input, line]) => {
  const found = { from: "lan", to: "gateway-host", port: 80, family: 6 } as const;
  await withFirewall(input, answers, (deployment) => {
    expect(text(whyNotFound(found, deployment)?.location)).toBe(line);
    expect(whyNotFound({ ...found, family: 4 }, deployment)).toBeUndefined();
  });
});

test.for<[string, string, string]>([
  ["has a rule for it", 'ct state new drop\niifname "lo" accept', 'iifname "lo" accept'],
  ["has one for IPv4", "meta nfproto ipv4 iif lo accept", "meta nfproto ipv4 iif lo accept"],
  ["has none", answers, "type filter hook input priority 0; policy drop;"],
])("the line for what the host sends to itself, where the input chain %s", async ([_, input, line]) => {
  await withFirewall(input, answers, (deployment) => expect(text(loopbackLine(4, deployment))).toBe(line));
});

test("a table of another IP version says nothing of a connection", async () => {
  using copy = patchedCopy("deployments/reference", [
    { file: "firewall.nft", find: "table inet gateway", replace: "table ip gateway" },
    { file: "firewall.nft", find: "meta l4proto { icmp, ipv6-icmp } accept", replace: "meta l4proto icmp accept" },
    { file: "firewall.nft", find: "established : accept", replace: "established : drop" },
  ]);
  const deployment = await loadDeployment(copy.folder);
  expect(whyNotFound({ ...out, from: "lan", to: "gateway-host", family: 6 }, deployment)).toBeUndefined();
  expect(whyUnanswered({ ...out, family: 6 }, deployment)).toBeUndefined();
  expect(whyUnanswered(out, deployment)).toBeDefined();
});
