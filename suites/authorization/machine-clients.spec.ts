import { forEachCase } from "../../helpers/checks/cases.ts";
import { CheckFailure } from "../../helpers/checks/check-failure.ts";
import { exchangeEvidence } from "../../helpers/checks/evidence.ts";
import { decide } from "../../helpers/deployment/policy/access.ts";
import { hostOfUrl } from "../../helpers/deployment/services/origins.ts";
import { check } from "../runner/check.ts";
import { initialize, locationOfService, realLogin } from "./support/login-target.ts";

check({
  id: "AUTH-08/keys-keep-their-way",
  requirements: ["AUTH-08"],
  title: "a program with LiteLLM's key gets in where people log in, and is never sent to a login",
  needs: ["login"],
  async run({ login: target, evidence }) {
    const login = realLogin(target, evidence);
    const key = login.policy.secrets.find(
      ({ kind, mayBeIn }) => kind === "api-key" && mayBeIn.includes("litellm.environment"),
    );
    if (key === undefined) return evidence.notSupported("the policy names no key of LiteLLM's");
    const { resource, proxy } = login.authorization;
    const host = hostOfUrl(login.deployment, resource);
    const decision = host && decide(login.policy, host, { method: "POST", path: new URL(resource).pathname });
    if (decision?.who !== "litellm" && decision?.who !== "bearer")
      evidence.notSupported(`the policy lets no program through by key at ${resource}`);
    const value = login.secret(key.name);
    await forEachCase(
      "MCP answers a key",
      [
        { what: "as JSON", exchange: await initialize(login, value) },
        {
          what: "a stream for which a client waits",
          exchange: await login.send({
            url: resource,
            headers: [
              ["Accept", "text/event-stream"],
              ["Authorization", "Bearer sk-unknown"],
            ],
          }),
        },
      ],
      ({ what }) => what,
      async ({ what, exchange }) => {
        const status = exchange.response?.status ?? 0;
        const isRight = what === "as JSON" ? status === 200 : status >= 400 && status < 500;
        if (isRight) return;
        throw new CheckFailure({
          summary: `a program with a key is answered with ${status || exchange.error}`,
          code: status >= 300 && status < 400 ? "sent-to-login" : "key-refused",
          expected: what === "as JSON" ? "200 from LiteLLM" : "401, and no redirect",
          actual: `${status || exchange.error}`,
          evidence: exchangeEvidence(exchange),
          cause:
            status >= 300 && status < 400
              ? "the browser's login is on MCP's router: no MCP client follows it"
              : "the login in front of MCP does not know LiteLLM's keys, or custom_auth replaces them",
          ...locationOfService(login, proxy),
        });
      },
    );
  },
});
