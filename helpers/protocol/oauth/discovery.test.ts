import { expect, test } from "vitest";
import type { Exchange, HeaderLines } from "../exchange.ts";
import { walkDiscovery } from "./discovery.ts";

const mcp = "https://gateway.test/mcp";
const issuer = "https://auth.test/realms/gateway";
const metadata = "https://gateway.test/.well-known/oauth-protected-resource/mcp";
const json: HeaderLines = [["Content-Type", "application/json"]];

interface Answer {
  status: number;
  headers?: HeaderLines;
  body?: unknown;
}

const resource = { resource: mcp, authorization_servers: [issuer], scopes_supported: ["mcp"] };
const server = {
  issuer,
  authorization_endpoint: `${issuer}/auth`,
  token_endpoint: `${issuer}/token`,
  registration_endpoint: `${issuer}/register`,
  code_challenge_methods_supported: ["S256"],
  response_types_supported: ["code"],
};

/** A gateway as it should be, by address. */
const right: Readonly<Record<string, Answer>> = {
  [mcp]: { status: 401, headers: [["WWW-Authenticate", `Bearer resource_metadata="${metadata}"`]] },
  [metadata]: { status: 200, headers: json, body: resource },
  "https://auth.test/.well-known/oauth-authorization-server/realms/gateway": { status: 200, body: server },
  "https://auth.test/realms/gateway/.well-known/openid-configuration": { status: 200, body: server },
};

async function walk(changed: Readonly<Record<string, Answer>>, url = mcp) {
  const answers: Readonly<Record<string, Answer>> = { ...right, ...changed };
  return await walkDiscovery(async (request): Promise<Exchange> => {
    const { status, headers = [], body } = answers[request.url] ?? { status: 404 };
    return {
      id: request.url,
      at: "2026-01-01T00:00:00Z",
      request: { method: request.method ?? "GET", url: request.url, headers: [], body: undefined },
      response: { status, headers, body: JSON.stringify(body ?? ""), headAfter: 1, endAfter: 1 },
      error: undefined,
    };
  }, url);
}

test("a gateway as it should be has no fault, and leads to its server", async () => {
  const { steps, resource: found, scopes, server: at } = await walk({});
  expect(steps.filter(({ verdict }) => verdict !== "ok")).toEqual([]);
  expect(found).toBe(mcp);
  expect(scopes).toEqual(["mcp"]);
  expect(at?.issuer).toBe(issuer);
});

test("an address typed with a slash is the same resource", async () => {
  const slash = `${mcp}/`;
  const { steps } = await walk({ [slash]: right[mcp] ?? { status: 401 } }, slash);
  expect(steps.filter(({ verdict }) => verdict === "fault")).toEqual([]);
});

/** Each case breaks the gateway in one way, and the fault or the note names it. */
const cases: [name: string, changed: Readonly<Record<string, Answer>>, says: RegExp][] = [
  [
    "MCP behind a browser's login",
    { [mcp]: { status: 302, headers: [["Location", "/login"]] } },
    /forwardAuth\) off MCP's router/,
  ],
  ["a forwardAuth in front of MCP", { [mcp]: { status: 401 } }, /401 without WWW-Authenticate/],
  ["a server error", { [mcp]: { status: 500 } }, /answer a request without a token with 401/],
  ["MCP open to anyone", { [mcp]: { status: 200 } }, /open to anyone/],
  [
    "a gateway that does not know its own address",
    { [mcp]: { status: 401, headers: [["WWW-Authenticate", 'Bearer resource_metadata="http://litellm:4000/x"']] } },
    /FORWARDED_ALLOW_IPS/,
  ],
  ["metadata behind the login", { [metadata]: { status: 401 } }, /take the login \(forwardAuth\) off this path/],
  [
    "metadata that is a page",
    { [metadata]: { status: 200, headers: [["Content-Type", "text/html"]], body: "x" } },
    /no JSON object/,
  ],
  [
    "metadata without its type",
    { [metadata]: { status: 200, headers: [["Content-Type", "text/plain"]], body: resource } },
    /application\/json/,
  ],
  [
    "a resource with a slash",
    { [metadata]: { status: 200, headers: json, body: { ...resource, resource: `${mcp}/` } } },
    /resource https:\/\/gateway\.test\/mcp\/[\s\S]*without the trailing slash/,
  ],
  [
    "two documents",
    {
      "https://gateway.test/.well-known/oauth-protected-resource": {
        status: 200,
        headers: json,
        body: { ...resource, authorization_servers: ["https://gateway.test/mcp"] },
      },
    },
    /one document at every address/,
  ],
  [
    "no scopes",
    { [metadata]: { status: 200, headers: json, body: { ...resource, scopes_supported: undefined } } },
    /add scopes_supported/,
  ],
  [
    "another issuer",
    {
      "https://auth.test/realms/gateway/.well-known/openid-configuration": {
        status: 200,
        body: { ...server, issuer: "http://keycloak:8080/realms/gateway" },
      },
    },
    /issuer http:\/\/keycloak:8080\/realms\/gateway[\s\S]*byte for byte/,
  ],
  [
    "a form that the edge hides behind another answer",
    { "https://auth.test/.well-known/oauth-authorization-server/realms/gateway": { status: 403 } },
    /clients give up at anything else/,
  ],
  [
    "a server without PKCE",
    {
      "https://auth.test/.well-known/oauth-authorization-server/realms/gateway": {
        status: 200,
        body: { ...server, code_challenge_methods_supported: ["plain"] },
      },
    },
    /lacks S256/,
  ],
];

test.for(cases)("%s is found, with its fix", async ([, changed, says]) => {
  const { steps } = await walk(changed);
  const remarks = steps.filter(({ verdict }) => verdict !== "ok");
  expect(remarks.map(({ found, fix }) => `${found}: ${fix}`).join("\n")).toMatch(says);
});
