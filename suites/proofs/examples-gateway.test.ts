import { expect, test } from "vitest";
import { runBroken, specFiles } from "./broken-deployment.ts";

interface Example {
  name: string;
  /** The spec files of the run. */
  files: readonly string[];
  /** Failed requirements with the cause that their operator must read. */
  says: Readonly<Record<string, RegExp>>;
  /** What the run's output says in addition. */
  output: RegExp;
}

/** What a run finds behind the edge of an example. */
const examples: Example[] = [
  {
    name: "direct",
    files: ["whole-chain/whole-chain", "access/hosts", "past-traefik", "endpoint-paths"],
    says: {
      "ROUTE-17": /POST llm\.home\.lan\/mcp-rest\/test\/connection: LiteLLM answers a request without a key/,
      "REACH-09": /POST http:\/\/llm\.home\.lan:4000\/mcp-rest\/test\/connection/,
    },
    output: /not supported .*ROUTE-10 \(the deployment has no Traefik\)/,
  },
  {
    // Its master key is text in LiteLLM's config, and LiteLLM has two replicas.
    name: "swarm",
    files: ["endpoint-paths", "secret-confinement", "who-reaches-whom"],
    says: {
      "CAT-08": /a path that names no server offers tools\n.*0 tools\n *actual: +18 tools/,
      "CAT-09": /a POST to https:\/\/litellm\.example\.net\/mcp is redirected elsewhere/,
    },
    output: /✓ reachability {2}checks: 3 passed/,
  },
  {
    // Its config is in a mounted folder, and Traefik refuses every path that is not on its list.
    name: "allow-list",
    files: ["endpoint-paths", "names-and-filters", "kinds-of-grants"],
    says: {
      "CAT-08": /a path that names no server offers tools\n.*0 tools\n *actual: +14 tools/,
      "CAT-09": /api\.example\.dev\/mcp is neither answered nor redirected[\s\S]*status 403/,
    },
    output: /CAT-16 \(this LiteLLM has no database/,
  },
];

test.for(examples)("$name: a run ends with a verdict and names its faults", async ({ name, files, says, output }) => {
  const run = await runBroken([], specFiles(files, Object.keys(says)), `deployments/examples/${name}`);
  expect(run.exitCode, run.output).toBe(1);
  expect(run.failed).toEqual(expect.arrayContaining(Object.keys(says)));
  for (const [id, pattern] of Object.entries(says)) expect(run.messages[id]).toMatch(pattern);
  expect(run.output).toMatch(output);
});
