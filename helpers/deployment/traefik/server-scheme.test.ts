import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { loadDeployment } from "../load.ts";
import { type Patch, patchedCopy } from "../source/patched-copy.ts";
import { withTraefik } from "../types.ts";
import { serviceOf } from "./missed-router.ts";
import { wrongScheme } from "./server-scheme.ts";

/** The line that has the wrong scheme for a router in a changed example; undefined where none has. */
async function lineIn(example: string, router: string, patches: readonly Patch[]): Promise<string | undefined> {
  using copy = patchedCopy(`deployments/examples/${example}`, patches);
  const deployment = withTraefik(await loadDeployment(copy.folder));
  const found = deployment.traefikModel.routerOf(router);
  if (found === undefined) throw new Error(`${example} has no router ${router}`);
  const { location } = wrongScheme(deployment, found, serviceOf(deployment.traefikModel, found)) ?? {};
  return location && readFileSync(location.file, "utf8").split("\n")[location.line - 1]?.trim();
}

const port = 'traefik.http.services.litellm.loadbalancer.server.port: "4000"';
const scheme = (value: string) => `traefik.http.services.litellm.loadbalancer.server.scheme: ${value}`;
const withScheme = (value: string): Patch => ({
  file: "compose.yaml",
  find: port,
  replace: `${port}\n      ${scheme(value)}`,
});
const command = (replace: string): Patch => ({
  file: "compose.yaml",
  find: '"--num_workers", "1"]',
  replace: `"--num_workers", "1"${replace}`,
});
const url: Patch = { file: "dynamic/api.yml", find: "http://litellm:4000", replace: "https://litellm:4000" };
const elsewhere: Patch = { file: "dynamic/api.yml", find: "http://litellm:4000", replace: "https://proxy.example" };

test.for([
  ["by a label", "virtual-keys", "litellm@docker", [withScheme("https")], /server\.scheme: https$/],
  ["by a URL of a file", "allow-list", "api@file", [url], /^litellm: \{ loadBalancer/],
  ["of none where the label says http", "virtual-keys", "litellm@docker", [withScheme("http")], undefined],
  ["of none where nothing says https", "allow-list", "api@file", [], undefined],
  ["of none for another server", "allow-list", "api@file", [elsewhere], undefined],
  [
    "of none where LiteLLM has a certificate",
    "virtual-keys",
    "litellm@docker",
    [withScheme("https"), command(', "--ssl_certfile_path", "/cert.pem"]')],
    undefined,
  ],
  [
    "of none where another program starts it",
    "virtual-keys",
    "litellm@docker",
    [withScheme("https"), command("]\n    entrypoint: [/start]")],
    undefined,
  ],
] as const)("the wrong scheme %s", async ([_, example, router, patches, line]) => {
  const found = await lineIn(example, router, patches);
  if (line === undefined) expect(found).toBeUndefined();
  else expect(found).toMatch(line);
});
