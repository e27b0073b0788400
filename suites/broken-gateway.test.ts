import { expect, test } from "vitest";
import { runBroken } from "./broken-deployment.ts";

/** A run of the whole gateway costs half a minute: faults that don't touch each other share one. */
const cases = [
  {
    name: "ports, names, keys and client configs",
    breaks: [
      // REACH-01: the LAN's port 4000 is published no more.
      { file: "compose.yaml", find: '      - "4000:4000"\n', replace: '      - "4001:4000"\n' },
      // REACH-07: the name is unknown on Traefik's network.
      { file: "compose.yaml", find: "aliases: [litellm.linuxserver.lan]", replace: "aliases: [another.name]" },
      // INJ-01: a key that LiteLLM does not know.
      {
        file: "compose.yaml",
        find: "Authorization: Bearer ${LITELLM_STATUS_KEY}",
        replace: "Authorization: Bearer sk-nobody-knows-me",
      },
      // CAT-06, CAT-07: a path that is no stream.
      { file: "policy.yaml", find: "stream: /mcp/tools", replace: "stream: /v1/models" },
      // PROMPT-01: Codex looks for its tools where there are none.
      {
        file: "clients/codex/config.toml",
        find: 'url = "http://litellm.linuxserver.lan/mcp/"',
        replace: 'url = "http://litellm.linuxserver.lan/v1/nowhere/"',
      },
    ],
    failed: ["CAT-06", "CAT-07", "INJ-01", "PROMPT-01", "REACH-01", "REACH-07"],
    says: {
      "INJ-01": /no key is injected, or LiteLLM refuses the one that is/,
      "REACH-01": /litellm\.linuxserver\.lan:4000: from the LAN .* does not answer/,
      "REACH-07": /the name does not resolve there/,
      "PROMPT-01": /Codex completed no call of the Postgres tool/,
    },
  },
  {
    name: "an admin key in a label, an open route, a tool that is missing",
    breaks: [
      // INJ-03
      {
        file: "compose.yaml",
        find: "Authorization: Bearer ${LITELLM_STATUS_KEY}",
        replace: "Authorization: Bearer ${LITELLM_MASTER_KEY}",
      },
      // ROUTE-17: the internal host asks for no key.
      {
        file: "compose.yaml",
        find: "Host(`litellm.linuxserver.lan`) && HeaderRegexp(`Authorization`, `(?i)^Bearer +\\S+$$`)",
        replace: "Host(`litellm.linuxserver.lan`)",
      },
      // CAT-02: the policy demands a tool that the upstream does not offer.
      { file: "policy.yaml", find: "      - list_schemas\n", replace: "      - list_schemas\n      - list_wishes\n" },
      // CAT-01: the endpoint is not MCP's.
      { file: "policy.yaml", find: "endpoint: /mcp/", replace: "endpoint: /v1/models" },
    ],
    failed: ["ROUTE-17", "CAT-01", "CAT-02", "INJ-03"],
    says: {
      "ROUTE-17": /the router litellm-bearer@docker hands it to LiteLLM/,
      "INJ-03": /label traefik\.http\.middlewares\.litellm-status-key[\s\S]*compose\.yaml:\d+/,
    },
  },
];

/** The first checks of the suites that need the whole gateway. */
const filters = [
  "whole-chain",
  "handshake",
  "complete-catalogue",
  "tools-stream",
  "status-poll",
  "secret-confinement",
  "codex-databases",
  "lan-to-gateway",
  "inside-by-name",
];

test.for(cases)("$name: each fault fails its requirement and no other", async ({ breaks, failed, says }) => {
  const run = await runBroken(breaks, filters);
  expect(run.failed, run.output).toEqual(failed);
  expect(run.exitCode).toBe(1);
  for (const [id, pattern] of Object.entries(says)) expect(run.messages[id]).toMatch(pattern);
});
