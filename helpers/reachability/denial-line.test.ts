import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { CheckFailure } from "../checks/check-failure.ts";
import { loadDeployment } from "../deployment/load.ts";
import { type Patch, patchedCopy } from "../deployment/source/patched-copy.ts";
import { denialLine } from "./denial-line.ts";
import { expectCounted, expectDeclaredDenial } from "./failures.ts";
import type { Cell } from "./matrix.ts";

const nft = (find: string, replace: string): Patch => ({ file: "firewall.nft", find, replace });
const [ofLan, ofOutside] = [
  'iifname "lan0" counter name denied_lan',
  'iifname "wan0" counter name denied_outside drop',
];
const denied: Cell = {
  from: "lan",
  to: "gateway-host",
  port: 22,
  family: 4,
  rule: undefined,
  address: "10.0.0.1",
  outcome: "refused",
  verdict: "denied",
  fate: "denied-by-firewall",
  shared: undefined,
};
const ofOthers: Cell = { ...denied, from: "outside" };
const overIpv6: Cell = { ...denied, family: 6 };

test.for<[string, Patch[], Cell, string, RegExp | undefined]>([
  ["is right", [], denied, "meta l4proto tcp reject with tcp reset", undefined],
  [
    "has the declared rule for IPv4 alone",
    [nft(ofLan, `meta nfproto ipv4 ${ofLan}`)],
    overIpv6,
    ofLan,
    /denied_lan applies to 'meta nfproto ipv4' alone/,
  ],
  [
    "has the declared rule for another interface",
    [nft(ofLan, ofLan.replace("lan0", "wan0"))],
    denied,
    ofLan.replace("lan0", "wan0"),
    /applies to 'iifname "wan0"' alone/,
  ],
  [
    "has another rule before the declared one",
    [nft(ofLan, ofLan.replace("lan0", "wan0"))],
    ofOthers,
    ofLan.replace("lan0", "wan0"),
    /the rule with the counter denied_lan denies it before the one with denied_outside/,
  ],
  [
    "has no rule with the declared counter",
    [nft(ofOutside, "")],
    ofOthers,
    "counter name denied_services",
    /no rule has the counter denied_outside/,
  ],
  [
    "lets the connection pass, and docker drops it",
    [nft(ofLan, `meta nfproto ipv4 ${ofLan}`)],
    { ...overIpv6, fate: "dropped-by-docker" },
    "meta l4proto tcp reject with tcp reset",
    undefined,
  ],
  ["drops before the declared rule", [nft("goto denied", "drop")], denied, "drop", undefined],
])("the line that decides how a connection is denied, where the firewall %s", async ([_, breaks, cell, line, why]) => {
  using copy = patchedCopy("deployments/reference", breaks);
  const deployment = await loadDeployment(copy.folder);
  const denial = deployment.policy.firewall?.denials.find(({ from }) => from === cell.from);
  const found = denialLine(cell, denial, deployment);
  expect(readFileSync(`${copy.folder}/firewall.nft`, "utf8").split("\n")[(found.location?.line ?? 0) - 1]).toContain(
    line,
  );
  if (why === undefined) expect(found.why).toBeUndefined();
  else expect(found.why).toMatch(why);
});

test("the failures of a denial name that line and its reason", async () => {
  using copy = patchedCopy("deployments/reference", [nft(ofLan, `meta nfproto ipv4 ${ofLan}`)]);
  const deployment = await loadDeployment(copy.folder);
  const [denial] = deployment.policy.firewall?.denials ?? [];
  if (denial === undefined) throw new Error("the reference declares denials");
  const line =
    readFileSync(`${copy.folder}/firewall.nft`, "utf8")
      .split("\n")
      .findIndex((one) => one.includes(ofLan)) + 1;
  const detailsOf = (judge: () => void): unknown => {
    try {
      judge();
    } catch (error) {
      if (error instanceof CheckFailure) return error.details;
    }
    return undefined;
  };
  const cells = [denied, overIpv6];
  expect(
    detailsOf(() => expectCounted(denial, cells, { counted: { denied_lan: 1 } } as never, deployment)),
  ).toMatchObject({
    location: { line },
    cause: "the rule with the counter denied_lan applies to 'meta nfproto ipv4' alone",
  });
  const wrong: Cell = { ...overIpv6, outcome: "dropped" };
  const pair = { from: "lan", to: "gateway-host", cells: [wrong] };
  expect(detailsOf(() => expectDeclaredDenial(pair, deployment))).toMatchObject({
    location: { line },
    cause: expect.stringMatching(/there is no answer, but the policy declares 'refuse': the rule with the counter/),
  });
});

test("a source that cannot find the gateway host over IPv6 has its own cause", async () => {
  using copy = patchedCopy("deployments/reference", [nft("meta l4proto { icmp, ipv6-icmp } accept", "")]);
  const deployment = await loadDeployment(copy.folder);
  const cell: Cell = { ...overIpv6, outcome: "dropped", fate: "not-seen" };
  const judge = () => expectDeclaredDenial({ from: "lan", to: "gateway-host", cells: [cell] }, deployment);
  expect(judge).toThrow(/input chain denies ICMPv6/);
});
