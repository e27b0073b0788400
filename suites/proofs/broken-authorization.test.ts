import { afterAll, expect, test } from "vitest";
import type { Patch } from "../../helpers/deployment/source/patched-copy.ts";
import { lineOf } from "./broken-deployment.ts";
import { BrokenDeployments } from "./broken-deployments.ts";

const compose = (find: string, replace: string) => ({ file: "compose.yaml", find, replace });
const litellm = (find: string, replace: string) => ({ file: "litellm/config.yaml", find, replace });
const realm = (find: string, replace: string) => ({ file: "keycloak/realm.json", find, replace });
const routes = (find: string, replace: string) => ({ file: "traefik/dynamic.yaml", find, replace });

const keycloak = "deployments/examples/keycloak";

/** The last line of the example's own server. */
const forAllKeys = "    allow_all_keys: true\n";

/** Faults that do not hide each other are broken together: each check names its own. */
const cases: { name: string; breaks: (Patch & { file: string })[]; says: Readonly<Record<string, RegExp>> }[] = [
  {
    name: "a careless realm, proxy and verifier",
    breaks: [
      realm(
        '"name": "pkce everywhere",\n        "enabled": true',
        '"name": "pkce everywhere",\n        "enabled": false',
      ),
      realm('"revokeRefreshToken": true', '"revokeRefreshToken": false'),
      compose("OAUTH2_PROXY_COOKIE_REFRESH: 5s", "OAUTH2_PROXY_COOKIE_REFRESH: 1h"),
      compose(
        'OAUTH2_PROXY_COOKIE_SECURE: "true"',
        'OAUTH2_PROXY_COOKIE_SECURE: "false"\n      OAUTH2_PROXY_WHITELIST_DOMAINS: evil.example',
      ),
      { file: "litellm/keycloak_tokens.py", find: "audience=AUDIENCE, ", replace: "" },
      { file: "litellm/keycloak_tokens.py", find: '{"require"', replace: '{"verify_aud": False, "require"' },
      {
        file: "litellm/keycloak_tokens.py",
        find: `raise HTTPException(status_code=503, detail="Keycloak's keys can't be read") from error`,
        replace: 'return UserAPIKeyAuth(api_key="unverified", user_role=LitellmUserRoles.INTERNAL_USER)',
      },
      // Every unknown key id has the keys read again.
      { file: "litellm/keycloak_tokens.py", find: "timeout=5", replace: "timeout=5, cooldown_duration=0" },
      // As LiteLLM 1.92.0, which does not keep the caller's credential from extra_headers.
      {
        file: "litellm/keycloak_tokens.py",
        find: "\nISSUER = ",
        replace: `
from litellm.proxy._experimental.mcp_server.auth.user_api_key_auth_mcp import MCPRequestHandler


def _keep(oauth2_headers, raw_headers, mcp_auth_header, mcp_server_auth_headers, **_):
    return oauth2_headers, raw_headers, mcp_auth_header, mcp_server_auth_headers


MCPRequestHandler.scrub_gateway_admission_credentials = staticmethod(_keep)

ISSUER = `,
      },
      // One server gets the caller's header in the place of its own credential, one as its only credential, one another header.
      litellm(
        forAllKeys,
        `${forAllKeys}    extra_headers: [Authorization]
  mail:
    url: http://mail-mcp:9123/mcp
    transport: http
    allow_all_keys: true
    extra_headers: [authorization]
  calendar:
    url: http://calendar-mcp:9123/mcp
    transport: http
    allow_all_keys: true
    extra_headers: [X-Request-Id]
`,
      ),
      {
        file: "policy.yaml",
        find: "\nmodels:\n",
        replace:
          "  - { name: mail, stand_in: true, tools: [read_mail] }\n" +
          "  - { name: calendar, stand_in: true, tools: [read_calendar] }\n\nmodels:\n",
      },
    ],
    says: {
      "AUTH-04/pkce-enforced":
        /a client that registers itself may log in with no PKCE[\s\S]*does not cover those that register themselves[\s\S]*compose\.yaml:\d+[\s\S]*pkce-enforcer/,
      "AUTH-05/wrong-tokens-refused": /a token of other-app is answered with 200[\s\S]*does not check the audience/,
      "AUTH-05/provider-down":
        /a token under a key that the provider does not have is accepted while keycloak is down[\s\S]*config\.yaml:\d+/,
      "AUTH-06/browser-session-ends":
        /10 s after the provider has ended the session, the browser still gets the page[\s\S]*OAUTH2_PROXY_COOKIE_REFRESH/,
      "AUTH-06/token-stays-at-the-gateway": new RegExp(
        "does not get the user's token: failed in 2 of 3 cases[\\s\\S]*" +
          "notes: notes gets the user's token in authorization[\\s\\S]*" +
          `${lineOf("litellm/config.yaml", forAllKeys, 1, keycloak)}[\\s\\S]*` +
          "mail: mail gets the user's token in authorization[\\s\\S]*" +
          lineOf("litellm/config.yaml", forAllKeys, 6, keycloak),
      ),
      "AUTH-06/refresh-tokens-end": /a refresh token that was used before is still good[\s\S]*revokeRefreshToken/,
      "AUTH-07/cookies": /the cookie _oauth2_proxy\S* lacks Secure[\s\S]*OAUTH2_PROXY_COOKIE_SECURE/,
      "AUTH-07/no-open-redirect":
        /leads a browser to evil\.example after the login[\s\S]*OAUTH2_PROXY_WHITELIST_DOMAINS/,
      "AUTH-01/returns-to-its-page": /^passed$/,
    },
  },
  {
    name: "no audience, no registration, no redirect",
    breaks: [
      realm(
        '"protocolMapper": "oidc-audience-mapper",\n          "config": {\n            "included.custom.audience"',
        '"protocolMapper": "oidc-audience-mapper",\n          "config": {\n            "unused"',
      ),
      realm('"127.0.0.1",\n            "localhost"', '"registrar.example.org"'),
      routes("address: http://oauth2-proxy:4180/", "address: http://oauth2-proxy:4180/oauth2/auth"),
    ],
    says: {
      "AUTH-01/sent-to-the-login": /does not send a browser to the login[\s\S]*not \/oauth2\/auth/,
      "AUTH-01/real-browser": /a browser does not get to [\s\S]*the edge answers 401 and no redirect/,
      "AUTH-04/pre-registered-client": /the token's audience is empty[\s\S]*no audience mapper adds it/,
      "AUTH-04/dynamic-client": /the provider refuses the registration: [\s\S]*Trusted Hosts/,
      "AUTH-04/python-sdk-2":
        /as mcp-client: its login ends after 'token'[\s\S]*the token's audience is empty[\s\S]*registers itself: its login ends after 'server metadata'[\s\S]*the provider refuses the registration: [\s\S]*Trusted Hosts/,
      "AUTH-04/codex":
        /as mcp-client: its login ends after 'token'[\s\S]*registers itself: its login ends after 'server metadata'[\s\S]*Trusted Hosts/,
      "AUTH-05/wrong-tokens-refused": /the right token is refused[\s\S]*the token's audience is empty/,
      "AUTH-03/discovery": /^passed$/,
    },
  },
  {
    name: "metadata behind the login, an issuer that follows the host, and a friendly error page",
    breaks: [
      compose("KC_HOSTNAME: https://auth.example.org", 'KC_HOSTNAME_STRICT: "false"'),
      compose("GET=^/\\.well-known/oauth-protected-resource/mcp$$", "GET=^/nothing$$"),
      routes("[no-forged-identity, login]", "[no-forged-identity, friendly, login]"),
      routes(
        "\n    metadata-file:",
        '\n    friendly: { errors: { status: ["500-599"], service: litellm, query: /ui/, statusRewrites: { "500-599": 200 } } }' +
          "\n    metadata-file:",
      ),
    ],
    says: {
      "AUTH-03/discovery": /protected-resource metadata[\s\S]*take the login \(forwardAuth\) off this path/,
      "AUTH-02/login-service-down":
        /is served to anyone while oauth2-proxy is down[\s\S]*the middleware friendly\S* answers in the place of the error[\s\S]*dynamic\.yaml:\d+/,
      "AUTH-03/issuer-is-fixed": /the provider calls itself evil\.example[\s\S]*KC_HOSTNAME/,
    },
  },
  {
    name: "a resource with a slash, and keys that are read once",
    breaks: [
      {
        file: "oauth2-proxy/well-known/oauth-protected-resource/mcp",
        find: '"https://gateway.example.org/mcp"',
        replace: '"https://gateway.example.org/mcp/"',
      },
      { file: "litellm/keycloak_tokens.py", find: "lifespan=300", replace: "lifespan=3600, cooldown_duration=3600" },
    ],
    says: {
      "AUTH-04/keys-rotated":
        /60 s after the provider has rotated its keys, a token under the new key is refused[\s\S]*config\.yaml:\d+[\s\S]*cooldown_duration/,
      "AUTH-03/discovery": /resource https:\/\/gateway\.example\.org\/mcp\/[\s\S]*without the trailing slash/,
      "AUTH-03/metadata-as-the-policy-says":
        /no client can use the metadata[\s\S]*resource https:\/\/gateway\.example\.org\/mcp\//,
    },
  },
  {
    name: "LiteLLM's own verifier without a licence",
    breaks: [litellm("  custom_auth: keycloak_tokens.user_api_key_auth", "  enable_jwt_auth: true")],
    says: {
      "AUTH-04/pre-registered-client": /enable_jwt_auth needs an Enterprise licence/,
      "AUTH-05/wrong-tokens-refused": /the right token is refused[\s\S]*enable_jwt_auth needs an Enterprise licence/,
    },
  },
  {
    name: "LiteLLM 1.77.1 trusts a proxy's headers, and whoever sends none",
    breaks: [
      compose("litellm:main-v1.106.2", "litellm:main-v1.77.1"),
      litellm(
        "  custom_auth: keycloak_tokens.user_api_key_auth",
        "  enable_oauth2_proxy_auth: true\n  oauth2_config_mappings: { user_id: X-Auth-Request-User }",
      ),
    ],
    says: {
      "AUTH-05/wrong-tokens-refused":
        /no token is answered with 200[\s\S]*enable_oauth2_proxy_auth is on: [\s\S]*config\.yaml:\d+/,
    },
  },
];

const broken = new BrokenDeployments();
afterAll(async () => await broken[Symbol.asyncDispose]());

test.for(cases)("$name: each check names its cause", async ({ breaks, says }) => {
  const found = await broken.checks(breaks, keycloak, Object.keys(says));
  for (const [id, pattern] of Object.entries(says)) expect.soft(found[id], id).toMatch(pattern);
});
