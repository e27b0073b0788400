import { forEachCase } from "../../../helpers/checks/cases.ts";
import { CheckFailure } from "../../../helpers/checks/check-failure.ts";
import { exchangeEvidence } from "../../../helpers/checks/evidence.ts";
import { type Exchange, header } from "../../../helpers/protocol/exchange.ts";
import { check } from "../../runner/check.ts";
import { onePathOf, servingHosts } from "../../support/access-cases.ts";

const forgedHost = "forged.example";

/** The names as frameworks may read them: CGI and WSGI do not tell `_` and `.` from `-` (traefik/traefik#12961). */
const variants = [
  "X_Forwarded_Host",
  "X_Forwarded_For",
  "X_Forwarded_Proto",
  "X_Forwarded_Prefix",
  "X_Real_Ip",
  "X.Forwarded.Host",
  "X.Forwarded.Proto",
  "Forwarded",
] as const;

check({
  id: "ROUTE-27/variants-change-nothing",
  requirements: ["ROUTE-27"],
  title: "a trusted header under a similar name changes nothing of LiteLLM's answer",
  needs: ["gateway"],
  async run({ gateway, evidence }) {
    const { policy } = gateway;
    const paths = [
      "/ui",
      policy.mcp.endpoint.replace(/\/$/, ""),
      ...onePathOf(policy, ["anyone"]).map(({ path }) => path),
    ];
    const cases = servingHosts(policy).flatMap((host) =>
      [...new Set(paths)].flatMap((path) => variants.map((name) => ({ host, path, name }))),
    );
    if (cases.length === 0) evidence.notSupported("the policy lets no request through");
    await forEachCase(
      "the answer does not follow the forged header",
      cases,
      ({ host, path, name }) => `${name} (${host.name}${path})`,
      async ({ host, path, name }) => {
        const value = name === "Forwarded" ? `for=203.0.113.7;host=${forgedHost};proto=https` : forgedValue(name);
        const exchange = await gateway.send({ host, path, bearer: gateway.masterKey, headers: [[name, value]] });
        const shown = traceIn(exchange);
        if (shown === undefined) return;
        throw new CheckFailure({
          summary: `LiteLLM trusts ${name} of a client`,
          code: "variant-trusted",
          expected: `an answer without ${forgedHost}`,
          actual: shown,
          evidence: exchangeEvidence(exchange),
          cause: `Traefik replaces X-Forwarded-* by its exact names only, and what runs behind it reads ${name} as one of them`,
          location: gateway.deployment.litellm.location,
          fix: "set aliasHeadersStrategy on the entry point (Traefik 3.7.12 and later), or use a server that compares header names exactly",
        });
      },
    );
  },
});

function forgedValue(name: string): string {
  if (/Proto$/.test(name)) return forgedHost;
  return /Prefix$/.test(name) ? `/${forgedHost}` : /Host$/.test(name) ? forgedHost : `203.0.113.7, ${forgedHost}`;
}

/** Where an answer shows the forged value. */
function traceIn({ response }: Exchange): string | undefined {
  const location = header(response?.headers, "location");
  if (location?.includes(forgedHost)) return `Location: ${location}`;
  return response?.body.includes(forgedHost) ? `a body with ${forgedHost}` : undefined;
}
