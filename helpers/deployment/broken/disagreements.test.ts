import { describe, expect, test } from "vitest";
import type { Patch } from "../source/patched-copy.ts";
import { faultsOf, litellm, policy } from "./broken-deployment.ts";

/** Policy and deployment each make sense and differ: not a fault, the checks find it. */
const disagreements: { name: string; patches: Patch[] }[] = [
  {
    name: "a host on another entry point",
    patches: [policy("entry_point: web, scheme: http", "entry_point: websecure, scheme: http")],
  },
  {
    name: "an upstream that the policy lacks",
    patches: [
      litellm("litellm_settings:", "  n8n:\n    transport: http\n    url: http://n8n:5678/mcp\n\nlitellm_settings:"),
    ],
  },
  { name: "http where the routers want TLS", patches: [policy("scheme: https", "scheme: http")] },
  { name: "another directory than LiteLLM's", patches: [policy("directory: /srv/mcp-files", "directory: /srv/files")] },
  { name: "traffic to a port that nothing publishes", patches: [policy("ports: [80, 4000]", "ports: [80, 4001]")] },
  {
    name: "traffic to a port that Traefik lacks",
    patches: [policy("as: litellm.linuxserver.lan, ports: [80, 443] }", "as: litellm.linuxserver.lan, ports: [81] }")],
  },
  {
    name: "traffic between services without a common network",
    patches: [policy("from: litellm, to: postgres", "from: traefik, to: postgres")],
  },
  {
    name: "a name that the target does not have",
    patches: [policy("to: traefik, as: litellm.linuxserver.lan", "to: traefik, as: gateway.lan")],
  },
];

describe("a deployment that differs from its policy", () => {
  test.each(disagreements)("$name is left to the checks", async ({ patches }) => {
    expect((await faultsOf(patches)).faults).toEqual([]);
  });
});
