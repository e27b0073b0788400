import { expect, test } from "vitest";
import type { Patch } from "../../helpers/deployment/source/patched-copy.ts";
import { runBroken, specFiles } from "./broken-deployment.ts";
import catalogue from "./filesystem-catalogue.json" with { type: "json" };

interface Example {
  name: string;
  breaks?: readonly Patch[];
  /** The spec files of the run. */
  files: readonly string[];
  /** Failed requirements with the cause that their operator must read. */
  says: Readonly<Record<string, RegExp>>;
  /** What the run's output says in addition. */
  output: RegExp;
}

/** A lock file of the filesystem server that was approved with another description of one tool. */
const lock = {
  format: 1,
  name: "filesystem",
  packages: [],
  server: { name: "secure-filesystem-server", version: "0.2.0" },
  instructions: "",
  tools: catalogue.tools.map((tool) =>
    tool.name === "read_file" ? { ...tool, description: tool.description.replace("DEPRECATED", "Deprecated") } : tool,
  ),
  prompts: [],
  resources: [],
  digest: "sha256:0",
};

/** What a run finds behind the edge of an example. */
const examples: Example[] = [
  {
    name: "direct",
    breaks: [
      // Open WebUI calls LiteLLM by another port than it listens on.
      { file: "compose.yaml", find: "http://litellm:4000/v1", replace: "http://litellm:4001/v1" },
      { file: "filesystem.lock.json", write: JSON.stringify(lock) },
      {
        file: "policy.yaml",
        find: "    directory: /srv/mcp-files",
        replace: "    directory: /srv/mcp-files\n    lock: filesystem.lock.json",
      },
    ],
    files: [
      "whole-chain/whole-chain",
      "access/hosts",
      "past-traefik",
      "endpoint-paths",
      "approved-catalogue",
      "client-configs",
    ],
    says: {
      "ROUTE-17": /POST llm\.home\.lan\/mcp-rest\/test\/connection: LiteLLM answers a request without a key/,
      "CAT-30":
        /filesystem offers another catalogue than the approved one\n.*\n *actual: +1 difference\n[\s\S]*the description of read_file has changed/,
      "PROMPT-09":
        /http:\/\/litellm:4001\/v1: in its container litellm listens on port 4000, not on port 4001\n[\s\S]*compose\.yaml:24/,
      "REACH-09": /POST http:\/\/llm\.home\.lan:4000\/mcp-rest\/test\/connection/,
    },
    output: /not supported .*ROUTE-10 \(the deployment has no Traefik\)/,
  },
  {
    // Its master key is text in LiteLLM's config, and LiteLLM has two replicas.
    name: "swarm",
    files: ["endpoint-paths", "secret-confinement", "who-reaches-whom"],
    says: {
      "CAT-08": /a path that names no server offers tools\n.*0 tools\n *actual: +\d+ tools/,
      "CAT-09": /a POST to https:\/\/litellm\.example\.net\/mcp is redirected elsewhere/,
    },
    // On a starved machine one of the three may be repeated alone, after this line.
    output: /✓ reachability {2}checks: [23] passed/,
  },
  {
    // Its config is in a mounted folder, and Traefik refuses every path that is not on its list.
    name: "allow-list",
    files: ["endpoint-paths", "names-and-filters", "kinds-of-grants"],
    says: {
      "CAT-08": /a path that names no server offers tools\n.*0 tools\n *actual: +\d+ tools/,
      "CAT-09": /api\.example\.dev\/mcp is neither answered nor redirected[\s\S]*status 403/,
    },
    output: /CAT-16 \(this LiteLLM has no database/,
  },
];

test.for(examples)(
  "$name: a run ends with a verdict and names its faults",
  async ({ name, breaks = [], files, says, output }) => {
    const run = await runBroken(breaks, specFiles(files, Object.keys(says)), `deployments/examples/${name}`);
    expect(run.exitCode, run.output).toBe(1);
    expect(run.failed).toEqual(expect.arrayContaining(Object.keys(says)));
    for (const [id, pattern] of Object.entries(says)) expect(run.messages[id]).toMatch(pattern);
    expect(run.output).toMatch(output);
  },
);
