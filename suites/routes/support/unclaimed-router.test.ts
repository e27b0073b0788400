import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { loadDeployment } from "../../../helpers/deployment/load.ts";
import { patchedCopy } from "../../../helpers/deployment/source/patched-copy.ts";
import { withTraefik } from "../../../helpers/deployment/types.ts";
import type { Exchange, HeaderLines } from "../../../helpers/protocol/exchange.ts";
import { type SentRequest, whyNotHit } from "./unclaimed-router.ts";

const sent: readonly SentRequest[] = ["/v1/models", "/key/info"].map((path) => ({
  host: { entryPoint: undefined, scheme: "https" },
  exchange: {
    id: path,
    request: { method: "GET", url: `https://api.example.dev${path}`, headers: [] },
  } as unknown as Exchange,
  routing: { router: path === "/v1/models" ? "api@file" : "deny@file", server: undefined, status: 403 },
}));

/** Why a router that the example lacks takes nothing, with the text of the line that is named. */
async function whyNot(router: string) {
  using copy = patchedCopy("deployments/examples/allow-list", [
    { file: "dynamic/api.yml", find: "  routers:\n", replace: `  routers:\n    board: ${router}\n` },
  ]);
  const { cause, fix, location } = whyNotHit(withTraefik(await loadDeployment(copy.folder)), "board@file", sent);
  const line = location && readFileSync(location.file, "utf8").split("\n")[location.line - 1]?.trim();
  return { cause, fix, line };
}

const isBoard = expect.stringMatching(/^board:/);

test.each(["PathPrefix(`/{any:.+}`)", "HostRegexp(`{host:.+}`)"])(
  "a rule in version 2's syntax is the cause: %s",
  async (rule) => {
    expect(await whyNot(`{ rule: "${rule}", service: api@internal }`)).toEqual({
      cause: expect.stringMatching(
        /^the rule of the router 'board' has '\{.*', which is version 2's syntax: .* matches no /,
      ),
      fix: expect.stringMatching(/^write a Go regexp/),
      line: isBoard,
    });
  },
);

test.each(["PathPrefix(`/`)", "HostRegexp(`^.+$`)", "PathPrefix(`/dashboard`)"])(
  "Traefik's own API on every host is the cause, and no priority: %s",
  async (rule) => {
    expect(await whyNot(`{ rule: "${rule}", service: api@internal, priority: 1 }`)).toEqual({
      cause: expect.stringMatching(
        /^the router board leads to Traefik's own api@internal and its rule names no host: /,
      ),
      fix: expect.stringMatching(/^add a host of its own to the rule/),
      line: isBoard,
    });
  },
);

test("a router to LiteLLM that another one outranks is still named by the priorities", async () => {
  const { cause } = await whyNot(
    '{ rule: "Host(`api.example.dev`) && PathPrefix(`/v1`)", service: litellm, priority: 2 }',
  );
  expect(cause).toMatch(/^the router api has the priority 100, and board, which is meant for it, has 2/);
});

test("the service of Traefik's own container is Traefik's too", async () => {
  using copy = patchedCopy("deployments/examples/two-projects", [
    { file: "traefik/docker-compose.yml", find: "rule=Host(`traefik.example.com`)", replace: "rule=PathPrefix(`/`)" },
    { file: "traefik/docker-compose.yml", find: "dashboard.service=api@internal", replace: "dashboard.priority=1" },
  ]);
  const { cause } = whyNotHit(withTraefik(await loadDeployment(copy.folder)), "dashboard@docker", sent);
  expect(cause).toMatch(/^the router dashboard leads to Traefik's own service \S+ and its rule names no host: /);
});

const router = "litellm-bearer-ext";
const label = (option: string, value: string): string => `traefik.http.routers.${router}.${option}: ${value}`;
const external = { entryPoint: "websecure", scheme: "https" } as const;

/** A request to the external host that the router for the rest of it took. */
function refused(headers: HeaderLines, host: SentRequest["host"] = external): SentRequest {
  const url = `${host.scheme}://litellm.ai-servicers.com/v1/models`;
  const exchange = { id: "one", request: { method: "GET", url, headers } } as unknown as Exchange;
  return { host, exchange, routing: { router: "litellm-refused-ext@docker", server: undefined, status: 401 } };
}

test.for([
  ["no TLS", label("tls", '"true"'), label("tls", '"false"'), /^the router litellm-bearer-ext has no TLS/],
  [
    "a low priority",
    label("priority", '"50"'),
    label("priority", '"0"'),
    /^the router litellm-refused-ext has the priority 1/,
  ],
] as const)("a router that takes no request has the cause of that: %s", async ([_, find, replace, cause]) => {
  using copy = patchedCopy("deployments/reference", [{ file: "compose.yaml", find, replace }]);
  const deployment = withTraefik(await loadDeployment(copy.folder));
  // By an entry point that the router is not on, it is not asked.
  const elsewhere = refused([["Authorization", "Bearer sk-key"]], { entryPoint: "web", scheme: "http" });
  const found = whyNotHit(deployment, `${router}@docker`, [elsewhere, refused([["Authorization", "Bearer sk-key"]])]);
  expect(found.cause).toMatch(cause);
  const line = found.location && readFileSync(found.location.file, "utf8").split("\n")[found.location.line - 1];
  expect(line?.trim()).toBe(replace);
});
