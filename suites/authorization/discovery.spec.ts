import { forEachCase } from "../../helpers/checks/cases.ts";
import { CheckFailure } from "../../helpers/checks/check-failure.ts";
import { exchangeEvidence } from "../../helpers/checks/evidence.ts";
import { type Discovery, walkDiscovery } from "../../helpers/protocol/oauth/discovery.ts";
import { check } from "../runner/check.ts";
import { locationOfService, realLogin } from "./support/login-target.ts";
import { otherAuthorizationServer } from "./support/other-issuer.ts";

check({
  id: "AUTH-03/discovery",
  requirements: ["AUTH-03"],
  title: "an MCP client without a token learns where to get one, whichever way it looks",
  needs: ["login"],
  async run({ login: target, evidence }) {
    const login = realLogin(target, evidence);
    const { resource } = login.authorization;
    const walks = await Promise.all(
      // As people type it.
      [resource, `${resource}/`].map(async (url) => ({
        url,
        walk: await walkDiscovery((request) => login.send(request), url),
      })),
    );
    await evidence.keep("discovery.txt", walks.map(({ url, walk }) => `${url}\n${textOf(walk)}`).join("\n\n"));
    const cases = walks.flatMap(({ url, walk }) => walk.steps.map((step) => ({ url, walk, ...step })));
    for (const { verdict, step, found, fix } of cases.filter(({ url }) => url === resource))
      if (verdict === "note") evidence.finding(`${step}: ${found}. ${fix}.`);
    await forEachCase(
      "each step of the discovery succeeds",
      cases,
      ({ url, step }) => `${step} (${url})`,
      async ({ verdict, step, found, expected, fix, exchange, walk }) => {
        if (verdict !== "fault") return;
        const other = step.startsWith("authorization server")
          ? otherAuthorizationServer(login.deployment, login.authorization.issuer, walk.servers)
          : undefined;
        throw new CheckFailure({
          summary: `${step}: ${found}`,
          code: "discovery",
          expected,
          actual: found,
          ...(exchange === undefined ? {} : { evidence: exchangeEvidence(exchange) }),
          cause: `${step}: ${found}`,
          ...(login.deployment.traefik === undefined ? {} : { location: login.deployment.traefik.location }),
          fix,
          ...other,
        });
      },
    );
  },
});

check({
  id: "AUTH-03/metadata-as-the-policy-says",
  requirements: ["AUTH-03"],
  title: "the metadata names the policy's resource, issuer and scopes, byte for byte",
  needs: ["login"],
  async run({ login: target, evidence }) {
    const login = realLogin(target, evidence);
    const { resource, issuer, scopes, provider, registration } = login.authorization;
    const walk = await walkDiscovery((request) => login.send(request), resource);
    const fault = walk.steps.find(({ verdict }) => verdict === "fault");
    if (walk.resource === undefined && fault !== undefined)
      throw new CheckFailure({
        summary: `no client can use the metadata: ${fault.step}: ${fault.found}`,
        code: "no-metadata",
        expected: fault.expected,
        actual: fault.found,
        ...(fault.exchange === undefined ? {} : { evidence: exchangeEvidence(fault.exchange) }),
        ...locationOfService(login, provider),
        fix: fault.fix,
      });
    const other = otherAuthorizationServer(login.deployment, issuer, walk.servers);
    const cases = [
      { what: "resource", is: walk.resource, meant: resource },
      { what: "issuer", is: walk.server?.issuer, meant: issuer },
      ...(scopes.length === 0 ? [] : [{ what: "scopes", is: walk.scopes?.join(" "), meant: scopes.join(" ") }]),
      ...(registration.includes("dynamic")
        ? [
            {
              what: "registration endpoint",
              is: walk.server?.registrationEndpoint === undefined ? "none" : "one",
              meant: "one",
            },
          ]
        : []),
    ];
    await forEachCase(
      "the metadata says what the policy says",
      cases,
      ({ what }) => what,
      async ({ what, is, meant }) => {
        if (is === meant) return;
        throw new CheckFailure({
          summary: `the metadata's ${what} is ${is ?? "missing"}`,
          code: "other-metadata",
          expected: meant,
          actual: is ?? "none",
          cause:
            what === "issuer"
              ? "the provider does not know its public address, or the resource's metadata names another one"
              : `the protected-resource metadata is not the policy's`,
          ...locationOfService(login, provider),
          fix: `correct it there, or the policy's 'authorization.${what}'`,
          ...(what === "issuer" || what === "registration endpoint" ? other : undefined),
        });
      },
    );
  },
});

check({
  id: "AUTH-03/issuer-is-fixed",
  requirements: ["AUTH-03"],
  title: "the issuer does not follow what a client writes into Host or X-Forwarded-Host",
  needs: ["login"],
  async run({ login: target, evidence }) {
    const login = realLogin(target, evidence);
    const { issuer, provider } = login.authorization;
    const path = `${login.realm}/.well-known/openid-configuration`;
    const forged = "evil.example";
    await forEachCase(
      "the issuer stays the same",
      [
        { name: "past Traefik", url: login.providerUrl(path), headers: [["Host", forged]] as const },
        {
          name: "X-Forwarded-Host",
          url: `${issuer}/.well-known/openid-configuration`,
          headers: [["X-Forwarded-Host", forged]] as const,
        },
        {
          name: "Forwarded",
          url: `${issuer}/.well-known/openid-configuration`,
          headers: [["Forwarded", `host=${forged}`]] as const,
        },
      ],
      ({ name }) => name,
      async ({ name, url, headers }) => {
        const exchange = await login.send({ url, headers });
        if (!(exchange.response?.body ?? "").includes(forged)) return;
        throw new CheckFailure({
          summary: `with another host name (${name}), the provider calls itself ${forged}`,
          code: "issuer-follows-host",
          expected: `issuer ${issuer}`,
          actual: `metadata of ${forged}`,
          evidence: exchangeEvidence(exchange),
          cause: "Keycloak takes its host name from the request: tokens get the issuer that a client typed",
          ...locationOfService(login, provider),
          fix: "set KC_HOSTNAME (--hostname) to the issuer's origin",
        });
      },
    );
  },
});

function textOf({ steps }: Discovery): string {
  return steps
    .map(({ verdict, step, found, fix }) => `${verdict.padEnd(5)} ${step}: ${found}${fix ? `\n      ${fix}` : ""}`)
    .join("\n");
}
