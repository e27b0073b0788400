import { forEachCase } from "../../../helpers/checks/cases.ts";
import { CheckFailure, type FailureDetails } from "../../../helpers/checks/check-failure.ts";
import { exchangeEvidence } from "../../../helpers/checks/evidence.ts";
import { decide } from "../../../helpers/deployment/policy/access.ts";
import { originOf } from "../../../helpers/deployment/services/origins.ts";
import type { Deployment, Policy, PolicyHost } from "../../../helpers/deployment/types.ts";
import { check } from "../../runner/check.ts";
import { openRules, servingHosts } from "../../support/access-cases.ts";
import { dynamicOptionsNamed } from "../../support/traefik-options.ts";
import { absoluteLinks, leadsTo, originOfText, proxyBaseUrl } from "../support/absolute-links.ts";

/** LiteLLM's login form: `/sso/key/generate` shows it with a database only, the other one always. */
const loginForms = ["/sso/key/generate", "/fallback/login"] as const;

/** What the UI reads before anything else: LiteLLM's own address is in it. */
const uiConfiguration = "/litellm/.well-known/litellm-ui-config";

check({
  id: "ROUTE-22/redirects-and-links",
  requirements: ["ROUTE-22"],
  title: "redirects, forms and absolute links of LiteLLM lead to the host that the client used",
  needs: ["gateway"],
  async run({ gateway, evidence }) {
    const { policy, deployment } = gateway;
    const cases = servingHosts(policy).flatMap((host) => requestsTo(policy, host));
    if (cases.length === 0) evidence.notSupported("the policy lets no request through");
    const elsewhere = new Set<string>();
    await forEachCase(
      "what the answer leads to is the client's host",
      cases,
      ({ host, path, isAnonymous }) => `${host.scheme}://${host.name}${path}${isAnonymous ? "" : " with a key"}`,
      async ({ host, path, isAnonymous }) => {
        const exchange = await gateway.send({ host, path, ...(isAnonymous ? {} : { bearer: gateway.masterKey }) });
        for (const { where, to } of absoluteLinks(exchange)) {
          const verdict = leadsTo(to, host, deployment);
          if (verdict === "another-host")
            elsewhere.add(
              `${where} at ${host.name}${path} leads to another address of the gateway, ${new URL(to).origin}.`,
            );
          if (verdict !== "elsewhere") continue;
          const own = originOf(deployment, host);
          throw new CheckFailure({
            summary: `${where} leads to ${originOfText(to) ?? to}`,
            code: "leads-elsewhere",
            expected: `an address of ${own}, or one without a host`,
            actual: to,
            evidence: exchangeEvidence(exchange),
            ...causeOf(to, own, deployment),
          });
        }
      },
    );
    for (const text of elsewhere) evidence.finding(text);
  },
});

interface LinkRequest {
  host: PolicyHost;
  path: string;
  isAnonymous: boolean;
}

/** The open paths of a host without a key, as a browser asks for them; the endpoint and LiteLLM's own pages with one as well. */
function requestsTo(policy: Policy, host: PolicyHost): LinkRequest[] {
  const endpoint = policy.mcp.endpoint.replace(/(?<=.)\/$/, "");
  const open = openRules(policy)
    .filter((one) => one.host === host && !one.pattern.endsWith("/**"))
    .map(({ pattern }) => pattern);
  const paths = [...new Set([...open, "/ui", endpoint, uiConfiguration, ...loginForms])];
  return paths.flatMap((path) => {
    const { who } = decide(policy, host, { method: "GET", path });
    const request = { host, path };
    if (who === "anyone") return [{ ...request, isAnonymous: true }];
    if (who === "litellm") return [true, false].map((isAnonymous) => ({ ...request, isAnonymous }));
    return who === "bearer" || who === "login" ? [{ ...request, isAnonymous: false }] : [];
  });
}

/** The setting that most likely leads a client elsewhere. */
function causeOf(to: string, own: string, deployment: Deployment): Pick<FailureDetails, "cause" | "location" | "fix"> {
  const { litellm, traefikModel } = deployment;
  const base = proxyBaseUrl(deployment);
  const origin = originOfText(to);
  if (base !== undefined && (to === base.value || originOfText(base.value) === origin))
    return {
      cause:
        origin === undefined
          ? `PROXY_BASE_URL is ${base.value}, which is no URL: it needs its scheme`
          : `PROXY_BASE_URL is ${base.value}, which the clients of ${own} do not use`,
      location: base.location,
      fix: `set PROXY_BASE_URL to ${own}, or remove it; if clients use that address too, add it to the policy's hosts`,
    };
  const [pass] = dynamicOptionsNamed(traefikModel ?? { dynamicOptions: [] }, "loadBalancer", "passHostHeader").filter(
    ({ value }) => value.toLowerCase() === "false",
  );
  if (origin !== undefined && new URL(to).hostname === new URL(own).hostname)
    return {
      cause:
        "LiteLLM does not know the scheme or the port that the client used: it does not trust X-Forwarded-Proto of Traefik",
      location: litellm.environment.get("FORWARDED_ALLOW_IPS")?.location ?? litellm.location,
      fix: "set FORWARDED_ALLOW_IPS so that it includes Traefik's address",
    };
  if (pass !== undefined)
    return {
      cause: "passHostHeader is false: Traefik sends the address of the server as Host",
      location: pass.location,
      fix: "remove passHostHeader, or set it to true",
    };
  return { cause: "LiteLLM takes the address from another source than the request", location: litellm.location };
}
