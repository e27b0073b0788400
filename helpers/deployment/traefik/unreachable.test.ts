import { readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { expect, test } from "vitest";
import { loadDeployment } from "../load.ts";
import { type Patch, patchedCopy } from "../source/patched-copy.ts";
import { withTraefik } from "../types.ts";
import { serviceOf } from "./missed-router.ts";
import { whyUnreachable } from "./unreachable.ts";

/** Why the service of a router does not answer in a changed example, and the text of the line that is named. */
async function whyIn(example: string, router: string, ...patches: Patch[]) {
  using copy = patchedCopy(`deployments/examples/${example}`, patches);
  const deployment = withTraefik(await loadDeployment(copy.folder));
  const found = deployment.traefikModel.routerOf(router);
  if (found === undefined) throw new Error(`${example} has no router ${router}`);
  const why = whyUnreachable(deployment, found, serviceOf(deployment.traefikModel, found));
  if (why === undefined) return undefined;
  const { file, line } = why.location;
  return {
    cause: why.cause,
    file: relative(copy.folder, file),
    line: readFileSync(join(file), "utf8").split("\n")[line - 1]?.trim(),
  };
}

test.for([
  ["two-projects", "litellm-api@docker"],
  ["allow-list", "api@file"],
  ["database", "litellm@docker"],
])("nothing is wrong with the networks and names of %s", async ([example = "", router = ""]) => {
  expect(await whyIn(example, router)).toBeUndefined();
});

test("a label that names a network without Traefik is named", async () => {
  const file = "litellm/docker-compose.yml";
  const change = { file, find: "traefik.docker.network=edge-net", replace: "traefik.docker.network=data-net" };
  expect(await whyIn("two-projects", "litellm-api@docker", change)).toEqual({
    cause: "Traefik calls litellm by the network data-net, on which Traefik itself is not",
    file,
    line: '- "traefik.docker.network=data-net"',
  });
});

test.each(["web", "internal"])(
  "a label with the key of a network, which Traefik does not know, is named: %s",
  async (key) => {
    const network = {
      file: "compose.yaml",
      find: "traefik.docker.network: ${WEB_NETWORK:-proxy}",
      replace: `traefik.docker.network: ${key}`,
    };
    expect(await whyIn("database", "litellm@docker", network)).toEqual({
      cause: `Traefik takes any network of litellm (proxy, ai_internal), because none of them is named '${key}', and is itself not on ai_internal`,
      file: "compose.yaml",
      line: `traefik.docker.network: ${key}`,
    });
  },
);

test("a host that no service has is named by the service's line", async () => {
  const change = { file: "dynamic/api.yml", find: "http://litellm:4000", replace: "http://litelm:4000" };
  const why = await whyIn("allow-list", "api@file", change);
  expect(why?.cause).toBe(
    "the service litellm is at the host 'litelm', and no service of the compose files has this name",
  );
  expect(why?.line).toMatch(/^litellm: \{ loadBalancer/);
});

test("a Traefik that is on no network of the server is named by its networks", async () => {
  const change = { file: "compose.yaml", find: "networks: [front, back]", replace: "networks: [front]" };
  expect(await whyIn("allow-list", "api@file", change)).toEqual({
    cause: "edge is on no network of gateway, so that it does not find 'litellm'",
    file: "compose.yaml",
    line: "networks: [front]",
  });
});

test("a container that is on no network of Traefik is named by its own networks", async () => {
  const file = "litellm/docker-compose.yml";
  const change = {
    file,
    find: "      - edge-net\n      - data-net\n    labels",
    replace: "      - data-net\n    labels",
  };
  expect(await whyIn("two-projects", "litellm-api@docker", change)).toEqual({
    cause: "litellm is on no network of traefik, so that Traefik does not reach it",
    file,
    line: "- data-net",
  });
});

test("a container on several networks, of which none is named and one is without Traefik, is named by that one", async () => {
  const file = "litellm/docker-compose.yml";
  const label = { file, find: '      - "traefik.docker.network=edge-net"\n', replace: "" };
  expect(await whyIn("two-projects", "litellm-api@docker", label)).toBeUndefined();
  const option = { file: "traefik/traefik.yml", find: "    network: edge-net\n", replace: "" };
  expect(await whyIn("two-projects", "litellm-api@docker", label, option)).toEqual({
    cause:
      "Traefik takes any network of litellm (edge-net, data-net), because none of them is named, and is itself not on data-net",
    file,
    line: "- data-net",
  });
});
