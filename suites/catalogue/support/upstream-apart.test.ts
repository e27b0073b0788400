import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { loadDeployment } from "../../../helpers/deployment/load.ts";
import { type Patch, patchedCopy } from "../../../helpers/deployment/source/patched-copy.ts";
import { whyApart } from "./upstream-apart.ts";

const compose = (find: string, replace: string): Patch => ({ file: "compose.yaml", find, replace });
const without = compose("networks: [traefik-net, provider-net, data-net]", "networks: [traefik-net, provider-net]");
const overHttp: Patch = {
  file: "litellm/config.yaml",
  find: "    transport: stdio\n    command: mcp-server-filesystem",
  replace: "    transport: http\n    url: http://postgres:8000/mcp\n    # command: mcp-server-filesystem",
};

test.for<[string, Patch[], string, RegExp | undefined]>([
  [
    "its database is on another network",
    [without],
    "postgres",
    /the host of its database \(\w+\) is the service postgres/,
  ],
  ["its URL's service is on another network", [without, overHttp], "filesystem", /the host of its URL is the service/],
  ["its files need no other service", [without], "filesystem", undefined],
  ["LiteLLM is on the database's network", [], "postgres", undefined],
  [
    "LiteLLM has the host among its extra_hosts",
    [
      without,
      compose("    depends_on: [postgres]\n", "    extra_hosts: ['postgres:10.0.0.9']\n    depends_on: [postgres]\n"),
    ],
    "postgres",
    undefined,
  ],
])("a server of which no tool is listed, where %s", async ([_, patches, server, cause]) => {
  using copy = patchedCopy("deployments/reference", patches);
  const why = whyApart(await loadDeployment(copy.folder), [server]);
  if (cause === undefined) return expect(why).toBeUndefined();
  expect(why?.cause).toMatch(cause);
  expect(why?.fix).toBe("put litellm on data-net");
  const { file = "", line = 0 } = why?.location ?? {};
  expect(readFileSync(file, "utf8").split("\n")[line - 1]).toContain("networks: [traefik-net, provider-net]");
});
