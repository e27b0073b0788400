import { expect, test } from "vitest";
import type { Patch } from "../../helpers/deployment/source/patched-copy.ts";
import { lineOf, runBroken } from "./broken-deployment.ts";

interface Case {
  name: string;
  breaks: Patch[];
  failed: string[];
  says: Record<string, RegExp>;
}

const firewall = (find: string, replace: string): Patch => ({ file: "firewall.nft", find, replace });
const compose = (find: string, replace: string): Patch => ({ file: "compose.yaml", find, replace });

const rule = (text: string): string => lineOf("firewall.nft", text);

/** A run with the whole gateway takes half a minute: independent faults share one. */
const cases: Case[] = [
  {
    name: "an additional port open on the LAN, drop instead of reject, outgoing connections from every network",
    breaks: [
      // REACH-02: the LAN reaches the node exporter.
      firewall('iifname "lan0" tcp dport { 80, 4000 } accept', 'iifname "lan0" tcp dport { 80, 4000, 9100 } accept'),
      // REACH-03: denied connections from the LAN get no answer.
      firewall('iifname "lan0" counter name denied_lan goto refused', 'iifname "lan0" counter name denied_lan drop'),
      // REACH-05: every network may reach the outside.
      firewall('iifname "br-provider" oifname "wan0" tcp dport 443', 'oifname "wan0" tcp dport 443'),
      // REACH-10: LiteLLM has the engine's socket.
      compose(
        "    volumes:\n      - ./litellm/",
        "    volumes:\n      - /var/run/docker.sock:/var/run/docker.sock\n      - ./litellm/",
      ),
    ],
    failed: ["REACH-02", "REACH-03", "REACH-05", "REACH-10"],
    says: {
      "REACH-10": /litellm has the engine's socket, and the policy does not name it[\s\S]*compose\.yaml:\d+/,
      "REACH-02": new RegExp(
        `lan → gateway-host connects on 9100 \\(the node exporter\\)[\\s\\S]*input chain lets it in[\\s\\S]*${rule('iifname "lan0" tcp dport')}`,
      ),
      "REACH-03": new RegExp(
        `lan → \\S+ is not denied as the policy declares[\\s\\S]*there is no answer, but the policy declares 'refuse'[\\s\\S]*${rule("counter name denied_lan")}`,
      ),
      "REACH-05": new RegExp(
        `traefik → outside connects on 443[\\s\\S]*the firewall lets traefik out[\\s\\S]*${rule('"br-provider" oifname')}`,
      ),
    },
  },
  {
    name: "IPv6 forgotten, Postgres on a shared network, LiteLLM without a key",
    breaks: [
      // REACH-08: a firewall for IPv4 only. REACH-05: the sentinel is reached over IPv6.
      firewall("table inet gateway", "table ip gateway"),
      firewall("meta l4proto { icmp, ipv6-icmp } accept", "meta l4proto icmp accept"),
      firewall("reject with icmpx admin-prohibited", "reject with icmp admin-prohibited"),
      // REACH-04: Traefik's network reaches the database.
      compose("networks: [data-net]\n    healthcheck", "networks: [data-net, traefik-net]\n    healthcheck"),
      // REACH-06: a caller without a key is accepted.
      {
        file: "litellm/scoped_keys.py",
        find: 'raise _refusal(401, "Authentication Error, the key is missing or not known")',
        replace: "return UserAPIKeyAuth(user_role=LitellmUserRoles.PROXY_ADMIN)",
      },
    ],
    failed: ["REACH-04", "REACH-05", "REACH-06", "REACH-08", "REACH-10"],
    says: {
      "REACH-10":
        /traefik reaches the database of postgres on 5432, which the policy does not say[\s\S]*compose\.yaml:\d+/,
      "REACH-05": /the sentinel outside was reached on 22/,
      "REACH-04": new RegExp(
        `traefik → postgres connects on[\\s\\S]*both are on traefik-net[\\s\\S]*${lineOf("compose.yaml", "networks: [data-net]\n")}`,
      ),
      "REACH-06": /GET \/v1\/models with no key[\s\S]*LiteLLM demands no key/,
      "REACH-08": /lan → gateway-host connects on[\s\S]*input chain lets it in/,
    },
  },
  {
    name: "a firewall that accepts by default",
    breaks: [firewall("policy drop;", "policy accept;"), firewall("    goto denied\n", "")],
    failed: ["REACH-02", "REACH-03", "REACH-04", "REACH-05"],
    says: {
      "REACH-02": /lan → gateway-host connects on \d+/,
      "REACH-03": /no denied connection from lan|docker's own rules drop it/,
    },
  },
  {
    name: "a port closed by the firewall",
    breaks: [
      firewall("tcp dport { 80, 4000 } accept", "tcp dport 80 accept"),
      firewall("ct original proto-dst { 80, 4000 } accept", "ct original proto-dst 80 accept"),
    ],
    // On a port that does not answer, the demand for a key cannot be proved.
    failed: ["REACH-01", "REACH-06", "REACH-09"],
    says: {
      "REACH-01": new RegExp(
        `lan → gateway-host does not connect on 4000 \\(LiteLLM\\)[\\s\\S]*the firewall denies it[\\s\\S]*${rule("ct original proto-dst { 80")}`,
      ),
    },
  },
];

test.for(cases)("$name: exactly the requirements of the faults fail", async ({ breaks, failed, says }) => {
  const run = await runBroken(breaks, ["suites/reachability"]);
  expect(run.failed, run.output).toEqual(failed);
  expect(run.exitCode).toBe(1);
  for (const [id, pattern] of Object.entries(says)) expect(run.messages[id]).toMatch(pattern);
});
