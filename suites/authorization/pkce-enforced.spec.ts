import type { Login } from "../../containers/targets/login.ts";
import { forEachCase } from "../../helpers/checks/cases.ts";
import { CheckFailure } from "../../helpers/checks/check-failure.ts";
import { exchangeEvidence } from "../../helpers/checks/evidence.ts";
import { authorizationUrl, newVerifier, type Proof } from "../../helpers/protocol/oauth/code-flow.ts";
import { jsonObject, textOf } from "../../helpers/protocol/oauth/metadata-values.ts";
import { check } from "../runner/check.ts";
import { endpointsOf, locationOfService, mcpScope, realLogin } from "./support/login-target.ts";

check({
  id: "AUTH-04/pkce-enforced",
  requirements: ["AUTH-04"],
  title: "no MCP client logs in without PKCE by S256, whoever registered it",
  needs: ["login"],
  async run({ login: target, evidence }) {
    const login = realLogin(target, evidence);
    const { client, registration, provider } = login.authorization;
    const dynamic = registration.includes("dynamic") ? await registered(login) : undefined;
    const clients = [
      { name: client.id, id: client.id },
      ...(dynamic === undefined ? [] : [{ name: "a client that registers itself", id: dynamic }]),
    ];
    const cases = clients.flatMap((one) => (["none", "plain", "S256"] as const).map((proof) => ({ ...one, proof })));
    await forEachCase(
      "the provider asks for PKCE by S256",
      cases,
      ({ name, proof }) => `${name}, ${textOfProof(proof)}`,
      async ({ name, id, proof }) => {
        const url = authorizationUrl(
          { ...endpointsOf(login), clientId: id, redirect: login.redirect, scope: mcpScope(login) },
          proof,
          newVerifier(),
        );
        const exchange = await login.browser().request({ url });
        const { response } = exchange;
        const isForm = response?.status === 200 && /id="kc-form-login"|<form\b/.test(response.body);
        if (isForm === (proof === "S256")) return;
        throw new CheckFailure({
          summary:
            proof === "S256"
              ? `${name} can't log in with PKCE`
              : `${name} may log in with ${textOfProof(proof)}: who steals its code has its token`,
          code: proof === "S256" ? "no-login-form" : "pkce-not-enforced",
          expected: proof === "S256" ? "the login form" : "an error",
          actual: isForm ? "the login form" : `${response?.status ?? exchange.error}`,
          evidence: exchangeEvidence(exchange),
          cause:
            name === client.id
              ? "the client has no pkce.code.challenge.method"
              : "a client's own setting does not cover those that register themselves",
          ...locationOfService(login, provider),
          fix: "add a client policy to the realm with the executor pkce-enforcer for any client",
        });
      },
    );
  },
});

/** Registers a client (RFC 7591); undefined where the provider refuses, which AUTH-04/dynamic-client reports. */
async function registered(login: Login): Promise<string | undefined> {
  const exchange = await login.send({
    method: "POST",
    url: endpointsOf(login).registrationEndpoint,
    headers: [["Content-Type", "application/json"]],
    body: JSON.stringify({
      client_name: "gateway-conformance",
      redirect_uris: [login.redirect],
      token_endpoint_auth_method: "none",
    }),
  });
  const document = jsonObject(exchange);
  return document && textOf(document, "client_id");
}

function textOfProof(proof: Proof): string {
  return proof === "none" ? "no PKCE" : `PKCE by ${proof}`;
}
