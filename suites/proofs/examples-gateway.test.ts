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
];

test.for(examples)("$name: a run ends with a verdict and names its faults", async ({ name, files, says, output }) => {
  const run = await runBroken([], specFiles(files, Object.keys(says)), `deployments/examples/${name}`);
  expect(run.exitCode, run.output).toBe(1);
  expect(run.failed).toEqual(expect.arrayContaining(Object.keys(says)));
  for (const [id, pattern] of Object.entries(says)) expect(run.messages[id]).toMatch(pattern);
  expect(run.output).toMatch(output);
});
