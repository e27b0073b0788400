import { afterAll, expect, test } from "vitest";
import type { Patch } from "../../helpers/deployment/source/patched-copy.ts";
import { BrokenDeployments } from "./broken-deployments.ts";

/**
 * One fault in a deployment that is not the reference: each of these requirements fails, and says the same cause at the same line,
 * by which a report shows them as one problem.
 */
const faults: {
  name: string;
  example: string;
  breaks: Patch;
  failed: string[];
  cause: RegExp;
  line: string;
}[] = [
  {
    name: "a host without the value of its variable",
    example: "database",
    breaks: { file: "compose.yaml", find: "Host(`litellm.${BASE_DOMAIN}`)", replace: "Host(`litellm.${BASE_DOMAN}`)" },
    failed: [
      "ROUTE-01",
      "ROUTE-05",
      "ROUTE-10",
      "ROUTE-11",
      "ROUTE-12",
      "ROUTE-13",
      "ROUTE-14",
      "ROUTE-18",
      "ROUTE-22",
    ],
    cause: /the router litellm is for the host 'litellm\.': a variable in its rule has no value/,
    line: "compose.yaml:57",
  },
  {
    name: "an entry point that lost its TLS",
    example: "database",
    breaks: { file: "compose.yaml", find: "      - --entrypoints.websecure.http.tls.certresolver=le\n", replace: "" },
    failed: ["ROUTE-01", "ROUTE-05", "ROUTE-10", "ROUTE-12", "ROUTE-18"],
    cause: /the router litellm has no TLS, and neither has its entry point websecure/,
    line: "compose.yaml:20",
  },
  {
    name: "a middleware that a chain misspells",
    example: "allow-list",
    breaks: { file: "dynamic/api.yml", find: "[body, rate]", replace: "[body, rte]" },
    failed: ["ROUTE-01", "ROUTE-05", "ROUTE-10", "ROUTE-12", "ROUTE-14", "ROUTE-26"],
    cause: /the chain 'chain-api' names the middleware 'rte', which nothing defines/,
    line: "dynamic/api.yml:19",
  },
  {
    name: "an allow list that is too wide",
    example: "allow-list",
    breaks: { file: "dynamic/api.yml", find: '"0.0.0.0/32"', replace: '"0.0.0.0/0"' },
    failed: ["ROUTE-03", "ROUTE-04", "ROUTE-08", "ROUTE-11", "ROUTE-14", "ROUTE-21"],
    cause:
      /the router deny@file takes what no other one matches, and its middleware nobody lets the client's address through/,
    line: "dynamic/api.yml:18",
  },
  {
    name: "a router without its login",
    example: "keycloak",
    breaks: { file: "traefik/dynamic.yaml", find: "[no-forged-identity, login]", replace: "[no-forged-identity]" },
    failed: ["AUTH-02", "ROUTE-04", "ROUTE-11", "ROUTE-14", "ROUTE-21"],
    cause: /no middleware of the router pages@file asks for a login/,
    line: "traefik/dynamic.yaml:36",
  },
  {
    name: "a refusal before its challenge",
    example: "keycloak",
    breaks: { file: "traefik/dynamic.yaml", find: "[challenge, nobody]", replace: "[nobody, challenge]" },
    failed: ["ROUTE-14"],
    cause: /the middleware nobody refuses the request before challenge/,
    line: "traefik/dynamic.yaml:54",
  },
  {
    name: "a login service that is asked at another port",
    example: "swarm",
    breaks: { file: "traefik-stack.yml", find: "http://authelia:9091", replace: "http://authelia:9092" },
    failed: ["AUTH-02"],
    cause: /the address names another port than the one at which the service listens/,
    line: "traefik-stack.yml:21",
  },
  {
    name: "an injected key without its scheme",
    example: "virtual-keys",
    breaks: {
      file: "compose.yaml",
      find: "Authorization: Bearer ${LITELLM_STATUS_KEY}",
      replace: "Authorization: ${LITELLM_STATUS_KEY}",
    },
    failed: ["INJ-02"],
    cause: /the header has the key alone/,
    line: "compose.yaml:51",
  },
  {
    name: "a certificate resolver that nothing defines",
    example: "swarm",
    breaks: { file: "litellm-stack.yml", find: "tls.certresolver: cf", replace: "tls.certresolver: cloud" },
    failed: ["ROUTE-26"],
    cause: /the router 'litellm' names the certificate resolver 'cloud'/,
    line: "litellm-stack.yml:46",
  },
  {
    name: "a middleware of a provider that is off",
    example: "swarm",
    breaks: { file: "litellm-stack.yml", find: "authelia@swarm", replace: "authelia@docker" },
    failed: ["ROUTE-12", "ROUTE-26"],
    cause: /the router 'litellm' names the middleware 'authelia@docker'/,
    line: "litellm-stack.yml:47",
  },
  {
    name: "a label that names a network without Traefik",
    example: "two-projects",
    breaks: {
      file: "litellm/docker-compose.yml",
      find: "traefik.docker.network=edge-net",
      replace: "traefik.docker.network=data-net",
    },
    failed: ["ROUTE-12"],
    cause: /Traefik calls litellm by the network data-net, on which Traefik itself is not/,
    line: "litellm/docker-compose.yml:26",
  },
];

const broken = new BrokenDeployments();
afterAll(async () => await broken[Symbol.asyncDispose]());

test.concurrent.for(faults)("$example: $name", async ({ example, breaks, failed, cause, line }) => {
  const result = await broken.edge([breaks], `deployments/examples/${example}`);
  expect(result.undecided).toEqual([]);
  expect(result.failed).toEqual(expect.arrayContaining(failed));
  for (const id of failed) {
    expect(result.messages[id]).toMatch(cause);
    expect(result.messages[id]).toContain(line);
  }
});
