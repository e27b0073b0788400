import type { GatewayTarget } from "../../../containers/targets/needs.ts";
import { CheckFailure } from "../../../helpers/checks/check-failure.ts";
import { exchangeEvidence } from "../../../helpers/checks/evidence.ts";
import { deadlines } from "../../../helpers/core/deadlines.ts";
import { decide } from "../../../helpers/deployment/policy/access.ts";
import { serverPath } from "../../../helpers/deployment/policy/mcp-paths.ts";
import { runUpstreams } from "../../../helpers/deployment/services/run-upstreams.ts";
import type { PolicyHost } from "../../../helpers/deployment/types.ts";
import { type Exchange, header } from "../../../helpers/protocol/exchange.ts";
import { resultOf } from "../../../helpers/protocol/json-rpc.ts";
import { check } from "../../runner/check.ts";
import { whyNoServer } from "../../support/any-server.ts";
import { followsCatalogue } from "../../support/needed-checks.ts";
import { statusText } from "../support/error-answers.ts";
import { mcpHeaders, rpc, toolNamesIn } from "../support/rpc.ts";

check({
  id: "CAT-08/unknown-server-path",
  requirements: ["CAT-08"],
  title: "a path that names no server offers no tools",
  needs: ["gateway"],
  async run({ gateway, evidence }) {
    const known = runUpstreams(gateway.deployment).at(-1)?.name;
    if (known === undefined) return evidence.notSupported(whyNoServer(gateway.policy));
    const list = (path: string): Promise<Exchange> =>
      rpc(gateway, { path, method: "tools/list", bearer: gateway.masterKey });
    const control = await list(serverPath(gateway.policy, known));
    if (toolNamesIn(control).length === 0) {
      throw new CheckFailure({
        summary: `the control fails: the path of the server ${known} offers no tools`,
        code: "control-failed",
        expected: "at least one tool",
        actual: `0 tools, ${statusText(control)}`,
        cause: "this LiteLLM selects servers by another path, or the server is not up",
        ...followsCatalogue,
        evidence: exchangeEvidence(control),
      });
    }
    const unknown = await list(serverPath(gateway.policy, "no_such_server"));
    const offered = toolNamesIn(unknown).length;
    if (offered === 0) return;
    throw new CheckFailure({
      summary: "a path that names no server offers tools",
      code: "tools-of-no-server",
      expected: "0 tools",
      actual: `${offered} tools`,
      cause: "LiteLLM treats an unknown name as no name, and falls back to every server",
      evidence: exchangeEvidence(unknown),
    });
  },
});

check({
  id: "CAT-09/endpoint-without-slash",
  requirements: ["CAT-09"],
  title: "the endpoint without its slash works for a POST, or redirects with method, scheme and host kept",
  needs: ["gateway"],
  async run({ gateway, evidence }) {
    const { hosts, mcp } = gateway.policy;
    const path = mcp.endpoint.replace(/\/$/, "");
    // Where the edge redirects or refuses everyone, LiteLLM is not asked.
    const asked = hosts.filter((host) => {
      const { who } = decide(gateway.policy, host, { method: "POST", path });
      return who !== "redirect" && who !== "nobody";
    });
    if (asked.length === 0) return evidence.notSupported(`the policy lets no client reach ${path} on any host`);
    for (const host of asked) await expectSlashOptional(gateway, host, path);
  },
});

async function expectSlashOptional(gateway: GatewayTarget, host: PolicyHost, path: string): Promise<void> {
  const { endpoint } = gateway.policy.mcp;
  const { litellm } = gateway.deployment;
  const exchange = await gateway.send({
    host,
    path,
    method: "POST",
    headers: mcpHeaders,
    bearer: gateway.masterKey,
    body: JSON.stringify({ jsonrpc: "2.0", id: 1, method: "ping" }),
    deadline: deadlines.mcpRequest,
  });
  const status = exchange.response?.status;
  if (status === 200 && resultOf(exchange, 1) !== undefined) return;
  // Only 307 and 308 keep the method (RFC 9110 §15.4.8, §15.4.9).
  if (status !== 307 && status !== 308) {
    throw new CheckFailure({
      summary: `a POST to ${gateway.url(path, host)} is neither answered nor redirected with its method kept`,
      code: "no-answer-or-redirect",
      expected: "a result, or status 307 or 308",
      actual: statusText(exchange),
      cause: "LiteLLM does not serve the path without its slash: a client that omits the slash cannot connect",
      evidence: exchangeEvidence(exchange),
    });
  }
  const target = new URL(header(exchange.response?.headers, "location") ?? "", gateway.url(path, host));
  if (target.href === gateway.url(endpoint, host)) return;
  throw new CheckFailure({
    summary: `a POST to ${gateway.url(path, host)} is redirected elsewhere`,
    code: "wrong-redirect",
    expected: gateway.url(endpoint, host),
    actual: target.href,
    cause: "LiteLLM does not trust the proxy's X-Forwarded-Proto",
    location: (litellm.environment.get("FORWARDED_ALLOW_IPS") ?? litellm).location,
    fix: "set FORWARDED_ALLOW_IPS in LiteLLM's environment",
    evidence: exchangeEvidence(exchange),
  });
}
