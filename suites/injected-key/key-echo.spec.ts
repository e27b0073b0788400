import { forEachCase } from "../../helpers/checks/cases.ts";
import { CheckFailure } from "../../helpers/checks/check-failure.ts";
import { secretForms } from "../../helpers/core/text/redaction.ts";
import { check } from "../runner/check.ts";

check({
  id: "INJ-06/key-never-returned",
  requirements: ["INJ-06"],
  title: "the injected key is never returned: in no response, redirect, error page or log",
  needs: ["gateway", "part-logs"],
  async run({ gateway }) {
    for (const route of gateway.policy.injectedRoutes) {
      const forms = secretForms(new Map([[route.secret, gateway.secret(route.secret)]]));
      const holds = (text: string): boolean => forms.some(([, form]) => text.includes(form));
      const hosts = gateway.policy.hosts.filter(({ name }) => route.hosts.includes(name));
      const provocations: readonly {
        name: string;
        method?: string;
        target?: string;
        lines?: readonly string[];
        body?: string;
      }[] = [
        { name: "a poll" },
        { name: "a query that is wrong", target: `${route.path}?x=%00&y[]=1` },
        { name: "a method that it has not", method: "POST", body: "{" },
        {
          name: "OPTIONS",
          method: "OPTIONS",
          lines: ["Origin: https://evil.example", "Access-Control-Request-Method: GET"],
        },
        { name: "TRACE", method: "TRACE" },
        { name: "a trailing slash, which redirects", target: `${route.path}/` },
        { name: "a range that it has not", lines: ["Range: bytes=9-1"] },
        { name: "a body that is no JSON", lines: ["Content-Type: application/json"], body: "{" },
        { name: "a type that it does not offer", lines: ["Accept: image/png"] },
        { name: "an expectation that it can't meet", lines: ["Expect: the-unexpected"] },
        {
          name: "a header that asks for debugging",
          lines: ["x-litellm-mcp-debug: true", "x-litellm-enable-message-redaction: false"],
        },
      ];
      const since = new Date();
      await forEachCase(
        "an answer on the injected route holds no key",
        hosts.flatMap((host) => provocations.map((one) => ({ host, ...one }))),
        ({ host, name }) => `${name} (${host.name})`,
        async ({ host, method, target, lines = [], body }) => {
          const exchange = await gateway.sendRaw({
            host,
            path: route.path,
            lines,
            ...(method === undefined ? {} : { method }),
            ...(target === undefined ? {} : { target }),
            ...(body === undefined ? {} : { body }),
          });
          if (!holds(JSON.stringify(exchange.response ?? {}))) return;
          throw new CheckFailure({
            summary: `the answer ${exchange.response?.status} holds ${route.secret}`,
            evidence: { sent: `${method ?? "GET"} ${target ?? route.path}` },
            cause: "LiteLLM or a middleware shows the request's headers in its answer",
            location: route.location,
          });
        },
      );
      const logs = await Promise.all(
        ["traefik", "litellm"].map(async (part) => ({ part, log: await gateway.log(part, { since }) })),
      );
      for (const { part, log } of logs) {
        const line = log.split("\n").find(holds);
        if (line === undefined) continue;
        throw new CheckFailure({
          summary: `${part}'s log holds ${route.secret}`,
          evidence: { received: line },
          cause: "the log keeps request headers: accesslog.fields.headers, or LiteLLM's debug log",
          location: part === "traefik" ? gateway.deployment.traefik.location : gateway.deployment.litellm.location,
        });
      }
    }
  },
});
