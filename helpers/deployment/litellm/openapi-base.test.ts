import { expect, test } from "vitest";
import { readFacts } from "../facts.ts";
import { smallDeployment } from "../infer/small-deployment.ts";
import { openApiBase } from "./openapi-base.ts";

test.each<[string, string, unknown, string]>([
  ["the first of servers", "/app/api.json", { servers: [{ url: "http://api:8000/v1" }, {}] }, "http://api:8000/v1"],
  ["a relative server", "https://a.test/docs/api.json", { servers: [{ url: "/v1" }] }, "https://a.test/v1"],
  ["host", "/app/api.json", { host: "api.test", basePath: "/v2" }, "https://api.test/v2"],
  ["host and schemes", "/app/api.json", { host: "api.test", schemes: ["http"] }, "http://api.test"],
  ["the document's address", "https://a.test/v3/openapi.json", {}, "https://a.test/v3"],
  ["an address without a file name", "https://a.test/v3/spec", {}, "https://a.test/v3/spec"],
  ["nothing", "/app/api.json", { servers: [] }, "file:///app/api.json"],
  ["a server relative to a file", "/app/api.json", { servers: [{ url: "/v1" }] }, "file:///app/api.json"],
  ["a server of another shape", "api.json", { servers: ["http://a"] }, "file:///api.json"],
])("the base URL is from %s", (_, path, document, expected) => {
  expect(openApiBase(path, JSON.stringify(document))).toBe(expected);
});

test("a document that is not there, or is no JSON, says nothing", () => {
  expect(openApiBase("https://a.test/openapi.yaml", undefined)).toBe("https://a.test");
  expect(openApiBase("/app/api.yaml", "servers: [{ url: 'http://a' }]")).toBe("file:///app/api.yaml");
});

/** What is read of a server with a document and without `url`. */
function serversOf(tag: string, entry: string) {
  using deployment = smallDeployment({
    "compose.yaml": `services:
  litellm:
    image: ghcr.io/berriai/litellm:${tag}
    command: --config /app/config.yaml
    environment: { LITELLM_MASTER_KEY: sk-one-0000 }
    volumes: [./config.yaml:/app/config.yaml, ./api.json:/app/api.json]
`,
    "api.json": '{ "servers": [{ "url": "http://api:8000" }] }',
    "config.yaml": `mcp_servers:\n  shop: ${entry}\n`,
  });
  const facts = readFacts(deployment.folder);
  const config = facts.liteLLM()?.config;
  return {
    urls: (config?.upstreams ?? []).map((one) => ("url" in one ? [one.url, one.specPath] : [])),
    unusable: (config?.unusableServers ?? []).map(({ why }) => why),
  };
}

test.each([
  ["v1.106.2", "{ spec_path: /app/api.json }", "http://api:8000", "/app/api.json"],
  ["v1.106.2", "{ spec_path: api.json }", "http://api:8000", "api.json"],
  ["v1.106.2", "{ spec_path: /app/none.json }", "file:///app/none.json", "/app/none.json"],
  ["v1.106.2", "{ url: 'http://own', spec_path: /app/api.json }", "http://own", "/app/api.json"],
])("%s takes a server with a document and without url: %s", (tag, entry, url, specPath) => {
  expect(serversOf(tag, entry)).toEqual({ urls: [[url, specPath]], unusable: [] });
});

test.each([
  ["v1.77.1", "{ spec_path: /app/api.json }"],
  ["v1.106.2", "{ spec_path: '' }"],
])("%s has no use for a server without url: %s", (tag, entry) => {
  expect(serversOf(tag, entry)).toEqual({ urls: [], unusable: ["it has no url"] });
});
