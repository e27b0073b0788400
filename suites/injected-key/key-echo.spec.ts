import { forEachCase } from "../../helpers/checks/cases.ts";
import { CheckFailure } from "../../helpers/checks/check-failure.ts";
import { secretForms } from "../../helpers/core/text/redaction.ts";
import { secretInAnswers } from "../../helpers/deployment/traefik/header-options.ts";
import { check } from "../runner/check.ts";
import { hostsOf, injectedRoutes } from "./support/injected-routes.ts";

/** A request that may make LiteLLM, Traefik or a middleware show the request's headers. */
interface Provocation {
  name: string;
  method?: string;
  /** Appended to the route's path. */
  suffix?: string;
  lines?: readonly string[];
  body?: string;
}

const provocations: readonly Provocation[] = [
  { name: "a poll" },
  { name: "an invalid query", suffix: "?x=%00&y[]=1" },
  { name: "a method that the route does not have", method: "POST", body: "{" },
  {
    name: "OPTIONS",
    method: "OPTIONS",
    lines: ["Origin: https://evil.example", "Access-Control-Request-Method: GET"],
  },
  { name: "TRACE", method: "TRACE" },
  { name: "a trailing slash, which redirects", suffix: "/" },
  { name: "a range that cannot be served", lines: ["Range: bytes=9-1"] },
  { name: "a body that is not JSON", lines: ["Content-Type: application/json"], body: "{" },
  { name: "a type that the route does not offer", lines: ["Accept: image/png"] },
  { name: "an expectation that cannot be met", lines: ["Expect: the-unexpected"] },
  {
    name: "a header that asks for debugging",
    lines: ["x-litellm-mcp-debug: true", "x-litellm-enable-message-redaction: false"],
  },
];

check({
  id: "INJ-06/key-never-returned",
  requirements: ["INJ-06"],
  title: "the injected key is never returned: in no response, redirect, error page or log",
  needs: ["gateway", "part-logs"],
  async run({ gateway, evidence }) {
    const { traefikModel: model } = gateway.deployment;
    for (const route of injectedRoutes(gateway.policy, evidence)) {
      const forms = secretForms(new Map([[route.secret, gateway.secret(route.secret)]]));
      const holdsKey = (text: string): boolean => forms.some(([, form]) => text.includes(form));
      const since = new Date();
      await forEachCase(
        "an answer on the injected route does not contain the key",
        hostsOf(route, gateway.policy).flatMap((host) => provocations.map((one) => ({ host, ...one }))),
        ({ host, name }) => `${name} (${host.name})`,
        async ({ host, method = "GET", suffix = "", lines = [], body }) => {
          const exchange = await gateway.sendRaw({
            host,
            path: route.path,
            method,
            target: `${route.path}${suffix}`,
            lines,
            ...(body === undefined ? {} : { body }),
          });
          if (!holdsKey(JSON.stringify(exchange.response ?? {}))) return;
          throw new CheckFailure({
            summary: `the answer ${exchange.response?.status} contains ${route.secret}`,
            code: "key-in-answer",
            expected: `an answer without ${route.secret}`,
            actual: `${exchange.response?.status} with ${route.secret} in it`,
            evidence: { sent: `${method} ${route.path}${suffix}`, exchanges: [exchange.id] },
            cause: "LiteLLM or a middleware shows the request's headers in its answer",
            location: route.location,
            ...(model && secretInAnswers(model, holdsKey)),
          });
        },
      );
      const logs = await Promise.all(
        ["traefik", "litellm"].map(async (part) => ({ part, log: await gateway.log(part, { since }) })),
      );
      for (const { part, log } of logs) {
        const line = log.split("\n").find(holdsKey);
        if (line === undefined) continue;
        throw new CheckFailure({
          summary: `${part}'s log contains ${route.secret}`,
          code: "key-in-log",
          expected: `a log without ${route.secret}`,
          actual: line,
          cause: "the log keeps request headers: accesslog.fields.headers, or LiteLLM's debug log",
          location:
            part === "traefik"
              ? (gateway.deployment.traefik ?? gateway.deployment.litellm).location
              : gateway.deployment.litellm.location,
        });
      }
    }
  },
});
