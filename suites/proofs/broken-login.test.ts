import { afterAll, expect, test } from "vitest";
import type { Patch } from "../../helpers/deployment/source/patched-copy.ts";
import { BrokenDeployments } from "./broken-deployments.ts";

const swarm = "deployments/examples/swarm";
const traefik = (find: string, replace: string) => ({ file: "traefik-stack.yml", find, replace });
const litellm = (find: string, replace: string) => ({ file: "litellm-stack.yml", find, replace });
const entryPoint = (find: string, replace: string) => ({ file: "static.toml", find, replace });

const address = "        - traefik.http.middlewares.authelia.forwardauth.address";

/** Each case breaks the login of the example in one way: AUTH-02 fails and names the cause. */
const cases: { name: string; breaks: (Patch & { file: string })[]; says: RegExp }[] = [
  {
    name: "a router without its login",
    breaks: [litellm("authelia@swarm,gzip@file", "gzip@file")],
    says: /authelia is not asked about GET \/v1\/models/,
  },
  {
    name: "an identity header that the middleware does not replace",
    breaks: [traefik("authResponseHeaders=Remote-User,Remote-Groups", "authResponseHeaders=Remote-Groups")],
    says: /LiteLLM receives the client's own Remote-User[\s\S]*authResponseHeaders lacks Remote-User/,
  },
  {
    name: "a client that is judged by what it writes",
    breaks: [
      traefik(address, `        - traefik.http.middlewares.authelia.forwardauth.trustForwardHeader=true\n${address}`),
      entryPoint('  address = ":443"', '  address = ":443"\n  forwardedHeaders = { insecure = true }'),
    ],
    says: /with X-Forwarded-Uri: \/health\/liveliness, authelia is asked about GET https:\/\/litellm\.example\.net\/health\/liveliness/,
  },
];

const broken = new BrokenDeployments();
afterAll(async () => await broken[Symbol.asyncDispose]());

test.concurrent.for(cases)("$name fails AUTH-02", async ({ breaks, says }) => {
  const result = await broken.edge(breaks, swarm);
  expect(result.undecided).toEqual([]);
  expect(result.failed, JSON.stringify(result.messages, null, 2)).toContain("AUTH-02");
  expect(result.messages["AUTH-02"]).toMatch(says);
  // No check names the cause of another fault.
  const isAsked = !breaks.some(({ file }) => file === "litellm-stack.yml");
  expect(/no middleware of the router \S+ asks for a login/.test(result.messages["AUTH-02"] ?? "")).toBe(!isAsked);
});

test("the example's login fails AUTH-02 for the spelling with an underscore alone", async () => {
  const result = await broken.edge([], swarm);
  expect(result.undecided).toEqual([]);
  expect(result.messages["AUTH-02"]).toMatch(/LiteLLM receives the client's own Remote_User/);
  expect(result.messages["AUTH-02"]).not.toMatch(/is not asked|client's own Remote-User/);
});

test("a login service that gets no cookie: failures name the list of headers that are passed on", async () => {
  const list = "        - traefik.http.middlewares.authelia.forwardauth.authRequestHeaders=X-Forwarded-Host";
  const result = await broken.edge([traefik(address, `${list}\n${address}`)], swarm);
  expect(Object.values(result.messages).join("\n")).toMatch(
    /the middleware authelia passes neither Cookie nor Authorization[^\n]*\n +look at: +\S*traefik-stack\.yml:\d+/,
  );
});
