import { afterAll, expect, test } from "vitest";
import { BrokenDeployments } from "./broken-deployments.ts";

const folderOf = (name: string): string => `deployments/examples/${name}`;

/** What the checks at the edge must find in an example: each failed requirement with cause and location, and no other. */
const edgeFindings: Readonly<Record<string, Readonly<Record<string, RegExp>>>> = {
  "two-projects": {
    "ROUTE-03": /\/uix reaches LiteLLM[\s\S]*litellm\/docker-compose\.yml:\d+/,
    "ROUTE-06": /a tab instead of the space/,
    "ROUTE-07": /bearer \(llm\.home\.lan\)/,
    "ROUTE-10": /acme@file takes requests to any host[\s\S]*traefik\/rules\.yml:\d+/,
    "ROUTE-12":
      /stands in the rules of litellm-lan-status@docker and litellm-lan-open@docker[\s\S]*docker-compose\.yml:\d+/,
    "ROUTE-14": /404 without WWW-Authenticate/,
    "ROUTE-21": /reaches LiteLLM without the credential[\s\S]*alone[\s\S]*docker-compose\.yml:\d+/,
    "INJ-02": /with POST gets the injected key/,
    "INJ-03": /litellm-status-auth@docker adds a key that is not LITELLM_STATUS_KEY[\s\S]*docker-compose\.yml:\d+/,
    "INJ-09": /the label traefik\.http\.middlewares\.litellm-status-auth\.[\s\S]*docker-compose\.yml:\d+/,
  },
  "allow-list": {
    "ROUTE-01":
      /(?=[\s\S]*HEAD \/mcp [\s\S]*?the rule of the router api does not match it, so that deny takes it\n *look at: *\S*dynamic\/api\.yml:4\b)[\s\S]*api\.example\.dev\/mcp does not reach LiteLLM[\s\S]*dynamic\/api\.yml:4\b/,
    "ROUTE-05": /api\.example\.dev\/mcp does not reach LiteLLM[\s\S]*so that deny takes it[\s\S]*dynamic\/api\.yml:4\b/,
    "ROUTE-18": /the buffering middleware body@file holds every stream back[\s\S]*dynamic\/api\.yml:\d+/,
  },
  database: {},
  keycloak: {},
  "virtual-keys": {},
  swarm: {
    "AUTH-02": /LiteLLM receives the client's own Remote_User[\s\S]*traefik-stack\.yml:\d+/,
    "INJ-09": /general_settings\.master_key of LiteLLM's config: written into .*config\.yaml:\d+/,
  },
};

const broken = new BrokenDeployments();
afterAll(async () => await broken[Symbol.asyncDispose]());

test.concurrent("a router without entry points is sound where a redirection takes what comes by one of them", async () => {
  const entryPoints = "      traefik.http.routers.litellm.entrypoints: websecure\n";
  const patch = { file: "compose.yaml", find: entryPoints, replace: "" };
  const { failed, messages, undecided } = await broken.edge([patch], folderOf("database"));
  expect(undecided).toEqual([]);
  expect(failed, JSON.stringify(messages, null, 2)).toEqual([]);
});

test.concurrent.for(Object.entries(edgeFindings))(
  "%s: the checks at the edge find what its operator should know",
  async ([name, findings]) => {
    const { failed, messages, undecided } = await broken.edge([], folderOf(name));
    expect(undecided).toEqual([]);
    expect(failed, JSON.stringify(messages, null, 2)).toEqual(Object.keys(findings));
    for (const [id, says] of Object.entries(findings)) expect(messages[id]).toMatch(says);
  },
);
