import type { Client } from "@modelcontextprotocol/sdk/client/index.js";
import type { Login } from "../../containers/targets/login.ts";
import { CheckFailure } from "../../helpers/checks/check-failure.ts";
import { deadlines, until } from "../../helpers/core/deadlines.ts";
import { listTools } from "../../helpers/protocol/mcp.ts";
import { readClaims } from "../../helpers/protocol/oauth/json-web-token.ts";
import type { SdkLogin } from "../../helpers/protocol/oauth/sdk-login.ts";
import { check } from "../runner/check.ts";
import type { Evidence } from "../runner/evidence.ts";
import { registrationTitle } from "./oauth-clients/registrations.ts";
import { locationOfService, loginFailure, longestWait, realLogin } from "./support/login-target.ts";

check({
  id: "AUTH-04/pre-registered-client",
  requirements: ["AUTH-04"],
  title: "a registered MCP client logs its user in, and calls a tool",
  needs: ["login"],
  async run({ login: target, evidence }) {
    const login = realLogin(target, evidence);
    const { registration, client } = login.authorization;
    if (!registration.includes("pre-registered")) evidence.notSupported("the policy registers no client beforehand");
    await wholeFlow(login, evidence, client.id);
  },
});

check({
  id: "AUTH-04/dynamic-client",
  requirements: ["AUTH-04"],
  title: "an MCP client that registers itself logs its user in, and calls a tool",
  needs: ["login"],
  async run({ login: target, evidence }) {
    const login = realLogin(target, evidence);
    if (!login.authorization.registration.includes("dynamic"))
      evidence.notSupported("the policy lets no client register itself");
    await wholeFlow(login, evidence, undefined);
  },
});

check({
  id: "AUTH-04/refresh-after-expiry",
  requirements: ["AUTH-04"],
  title: "a client whose token has expired gets a new one without its user, and calls a tool",
  needs: ["login"],
  slow: true,
  async run({ login: target, evidence }) {
    const login = realLogin(target, evidence);
    const { client, accessTokenSeconds, provider } = login.authorization;
    if (accessTokenSeconds > longestWait)
      evidence.notSupported(`access tokens live ${accessTokenSeconds} s: a run waits for at most ${longestWait} s`);
    const sdk = login.client(client.id);
    await connectedWith(login, sdk, client.id, async (connected) => {
      const old = sdk.tokens()?.access_token ?? "";
      await expired(old, accessTokenSeconds);
      await callTool(login, connected, client.id);
      if (sdk.steps.includes("refreshed") && sdk.tokens()?.access_token !== old) return;
      throw new CheckFailure({
        summary: "the client's token has expired, and it is still accepted",
        code: "not-refreshed",
        expected: "401, then a new token by the refresh token",
        actual: sdk.steps.join(", "),
        cause: "the gateway does not check when a token expires",
        ...locationOfService(login, provider),
      });
    });
  },
});

/** Discovery, registration, login, token, tools/list, tools/call with the TypeScript SDK. */
async function wholeFlow(login: Login, evidence: Evidence, clientId: string | undefined): Promise<void> {
  const who = clientId ?? "a client that registers itself";
  const sdk = login.client(clientId);
  const cell = { row: "MCP TypeScript SDK", column: registrationTitle(clientId), expected: "tools/list" };
  await connectedWith(login, sdk, who, async (client) => {
    expectClaims(login, who, sdk.tokens()?.access_token ?? "");
    await callTool(login, client, who);
  }).catch((error: unknown) => {
    const shown = error instanceof CheckFailure ? error.details.actual : String(error);
    evidence.compare("logins", { ...cell, found: `${sdk.steps.at(-1) ?? "nothing"}; shows "${shown}"`, holds: false });
    throw error;
  });
  evidence.compare("logins", { ...cell, found: cell.expected, holds: true });
  evidence.finding(`TypeScript SDK, ${who}: ${[...sdk.steps, "tools/list", "tools/call"].join(", ")}.`);
}

async function connectedWith(
  login: Login,
  sdk: SdkLogin,
  who: string,
  work: (client: Client) => Promise<void>,
): Promise<void> {
  let client: Client;
  try {
    client = await sdk.connect();
  } catch (error) {
    throw loginFailure(login, who, error);
  }
  try {
    await work(client);
  } finally {
    await client.close();
  }
}

/** Calls a tool that the policy names, as the gateway lists it. */
async function callTool(login: Login, client: Client, who: string): Promise<void> {
  const listed = await listTools(client);
  const offered = login.policy.upstreams.flatMap(({ tools }) => tools);
  const tool = listed.find(({ name }) => offered.some((own) => name === own || name.endsWith(own)));
  if (tool === undefined)
    throw new CheckFailure({
      summary: `${who}: the gateway lists none of the policy's tools to a user who has logged in`,
      code: "no-tools",
      expected: `some of ${offered.join(", ")}`,
      actual: listed.map(({ name }) => name).join(", ") || "none",
      cause: "LiteLLM grants the token's user no server",
      ...locationOfService(login, login.policy.services.litellm),
      fix: "set allow_all_keys on the server, or give the user's object permission in custom_auth",
    });
  const result = await client.callTool({ name: tool.name, arguments: {} }, undefined, {
    timeout: deadlines.mcpRequest,
  });
  if (result.isError !== true) return;
  throw new CheckFailure({
    summary: `${who}: the call of ${tool.name} ends in an error`,
    code: "call-failed",
    expected: "a result",
    actual: JSON.stringify(result.content),
  });
}

function expectClaims(login: Login, who: string, token: string): void {
  const { issuer, audience, accessTokenSeconds, provider } = login.authorization;
  const claims = readClaims(token);
  const life = claims === undefined ? Number.NaN : claims.exp - claims.iat;
  const wrong =
    claims === undefined
      ? { what: "form", is: "opaque", meant: "a JSON Web Token" }
      : claims.iss !== issuer
        ? { what: "issuer", is: claims.iss ?? "none", meant: issuer }
        : !claims.aud.includes(audience)
          ? { what: "audience", is: claims.aud.join(", ") || "none", meant: audience }
          : life > accessTokenSeconds
            ? { what: "life", is: `${life} s`, meant: `at most ${accessTokenSeconds} s` }
            : undefined;
  if (wrong === undefined) return;
  throw new CheckFailure({
    summary: `${who}: the token's ${wrong.what} is ${wrong.is}`,
    code: "other-token",
    expected: wrong.meant,
    actual: wrong.is,
    cause: "the realm issues other tokens than the policy says",
    ...locationOfService(login, provider),
  });
}

/** Waits until a token has expired by its own `exp`. */
async function expired(token: string, seconds: number): Promise<void> {
  const end = (readClaims(token)?.exp ?? 0) * 1000;
  await until("the token has expired", (seconds + 10) * 1000, async () => (Date.now() > end ? true : undefined));
}
