import type { GatewayTarget } from "../../../containers/targets/needs.ts";
import { forEachCase } from "../../../helpers/checks/cases.ts";
import { CheckFailure, type FailureDetails } from "../../../helpers/checks/check-failure.ts";
import { exchangeEvidence } from "../../../helpers/checks/evidence.ts";
import { deadlines } from "../../../helpers/core/deadlines.ts";
import { type Decision, decide } from "../../../helpers/deployment/policy/access.ts";
import { unknownKey } from "../../../helpers/deployment/source/canaries.ts";
import { type Exchange, type HeaderLines, header } from "../../../helpers/protocol/exchange.ts";
import { resultOf } from "../../../helpers/protocol/json-rpc.ts";
import { check } from "../../runner/check.ts";
import { everyoneAdmitted } from "../../support/any-key.ts";
import { expectAnyServer } from "../../support/any-server.ts";
import { statusText } from "../support/error-answers.ts";
import { initializeParams, mcpHeaders } from "../support/rpc.ts";

check({
  id: "CAT-10/no-key-through-traefik",
  requirements: ["CAT-10"],
  title: "without a key MCP answers 401 through Traefik",
  needs: ["gateway"],
  async run({ gateway }) {
    const { policy, internalHost: host } = gateway;
    const { endpoint } = policy.mcp;
    await expectChallenge(gateway, gateway.url(endpoint), [], decide(policy, host, { method: "POST", path: endpoint }));
  },
});

check({
  id: "CAT-10/no-key-at-litellm",
  requirements: ["CAT-10"],
  title: "without a key LiteLLM answers 401 on its own port",
  needs: ["gateway", "litellm-port"],
  async run({ gateway }) {
    await expectChallenge(gateway, gateway.directUrl(gateway.policy.mcp.endpoint), []);
  },
});

check({
  id: "CAT-10/no-key-with-a-query",
  requirements: ["CAT-10"],
  title: "no query or path makes LiteLLM open an MCP session without a key",
  needs: ["gateway", "litellm-port"],
  async run({ gateway }) {
    const { endpoint } = gateway.policy.mcp;
    // LiteLLM 1.83.0 took any URL that contains `.well-known` for a discovery request.
    const paths = [
      `${endpoint}?x=.well-known`,
      `${endpoint}?x=/.well-known/oauth-protected-resource`,
      `${endpoint}.well-known`,
    ];
    await forEachCase(
      "LiteLLM opens no session",
      paths,
      (path) => path,
      async (path) => {
        const exchange = await initialize(gateway, gateway.directUrl(path), []);
        if (resultOf(exchange, 1) === undefined) return;
        throw new CheckFailure({
          summary: "LiteLLM opens an MCP session for a caller without a key",
          code: "session-without-key",
          expected: "a refusal, as without the query",
          actual: statusText(exchange),
          evidence: exchangeEvidence(exchange),
          cause: "LiteLLM takes any URL that contains .well-known for a public one (nuclei-templates#17177)",
          location: gateway.deployment.litellm.location,
          fix: "use a version that looks at the path alone, and let Traefik demand a credential for MCP until then",
          ...everyoneAdmitted(gateway, exchange.response?.status),
        });
      },
    );
  },
});

check({
  id: "CAT-10/wrong-key",
  requirements: ["CAT-10"],
  title: "with a wrong key MCP answers 401",
  needs: ["gateway"],
  async run({ gateway }) {
    await expectChallenge(gateway, gateway.url(gateway.policy.mcp.endpoint), [
      ["Authorization", `Bearer ${unknownKey}`],
    ]);
  },
});

/**
 * Requires 401 with WWW-Authenticate (RFC 9110 §15.5.2), or the refusal that the policy states where Traefik judges. The same
 * request with the master key must have a result.
 *
 * @param decision what the policy says of the request; undefined where LiteLLM alone judges
 */
async function expectChallenge(
  gateway: GatewayTarget,
  url: string,
  headers: HeaderLines,
  decision?: Decision,
): Promise<void> {
  const refusal = decision?.who === "bearer" ? decision.refusal : { statuses: [401], challenge: "Bearer" };
  const refused = await initialize(gateway, url, headers);
  const allowed = await initialize(gateway, url, [["Authorization", `Bearer ${gateway.masterKey}`]]);
  if (resultOf(allowed, 1) === undefined) {
    expectAnyServer(gateway);
    throw new CheckFailure({
      summary: "the control fails: initialize with the master key has no result",
      code: "control-failed",
      expected: "a result",
      actual: statusText(allowed),
      cause: "the endpoint is not MCP, or LiteLLM does not accept the key",
      evidence: exchangeEvidence(allowed),
    });
  }
  const status = refused.response?.status;
  const challenge = header(refused.response?.headers, "www-authenticate");
  const isMeant = refusal.statuses.some((one) => one === status);
  if (isMeant && (challenge !== undefined || refusal.challenge === undefined)) return;
  const meant = `${refusal.statuses.join(" or ")}${refusal.challenge === undefined ? "" : " and WWW-Authenticate"}`;
  throw new CheckFailure({
    summary: `a request without a valid key is not refused with ${meant}`,
    code: isMeant ? "no-challenge" : "wrong-status",
    expected: `status ${meant}`,
    actual: isMeant ? `status ${status} without WWW-Authenticate` : statusText(refused),
    ...(decision?.who === "bearer"
      ? {
          ...causeAtTheEdge(status, meant),
          location: gateway.deployment.litellm.location,
        }
      : { cause: causeInLiteLLM(status, isMeant, statusText(allowed)) }),
    ...everyoneAdmitted(gateway, status),
    evidence: exchangeEvidence(refused, allowed),
  });
}

/** Why Traefik does not refuse a request without a credential as the policy says. */
function causeAtTheEdge(status: number | undefined, meant: string): Pick<FailureDetails, "cause" | "fix"> {
  if (status === 404)
    return {
      cause:
        "no router takes a request without a credential, so Traefik answers 404: an MCP client concludes that the endpoint is missing",
      fix: `add a catch-all router of the lowest priority that answers ${meant}`,
    };
  if (status !== undefined && status >= 400 && status < 500)
    return { cause: "the router for refused requests answers differently from the policy" };
  return { cause: "Traefik lets a request without a credential through to LiteLLM, which answers it" };
}

function causeInLiteLLM(status: number | undefined, isMeant: boolean, withTheKey: string): string {
  if (status === 500) return "LiteLLM turns every refusal of its MCP endpoint into a 500 (BerriAI/litellm#37080)";
  if (isMeant)
    return "LiteLLM's own 401 of its MCP endpoint names no scheme, so that a client does not learn how to authenticate";
  if (status === 200) return "LiteLLM opens an MCP session for a caller whom it does not know";
  return `LiteLLM refuses in another way than HTTP demands: with the master key it answers ${withTheKey}`;
}

function initialize(gateway: GatewayTarget, url: string, headers: HeaderLines): Promise<Exchange> {
  return gateway.http.send({
    url,
    method: "POST",
    headers: [...mcpHeaders, ...headers],
    body: JSON.stringify({ jsonrpc: "2.0", id: 1, method: "initialize", params: initializeParams("2025-06-18") }),
    deadline: deadlines.mcpRequest,
  });
}
