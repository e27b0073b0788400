import type { GatewayTarget } from "../../containers/targets/needs.ts";
import { forEachCase } from "../../helpers/checks/cases.ts";
import { CheckFailure } from "../../helpers/checks/check-failure.ts";
import { deadlines } from "../../helpers/core/deadlines.ts";
import { decide } from "../../helpers/deployment/policy/access.ts";
import { isOfOtherService } from "../../helpers/deployment/services/left-out-ports.ts";
import { check } from "../runner/check.ts";
import { curl } from "./support/curl.ts";
import { whyNoAnswer } from "./support/no-answer.ts";

/** What LiteLLM answers anyone. */
const alive = "/health/liveliness";

check({
  id: "REACH-01/lan-by-name",
  requirements: ["REACH-01"],
  title: "a LAN host reaches the gateway host by name on each port that the policy opens to it",
  needs: ["gateway", "commands"],
  async run({ gateway, evidence }) {
    const opened = gateway.policy.reach
      .filter(({ from, to }) => from === "lan" && to === "gateway-host")
      .flatMap((rule) => rule.ports.map((port) => ({ rule, port, name: rule.as ?? gateway.internalHost.name })));
    if (opened.length === 0) evidence.notSupported("the policy opens nothing to the LAN (reach)");
    const cases = opened.filter(({ port }) => !isOfOtherService(gateway.deployment, port));
    if (cases.length === 0) evidence.notSupported("the policy opens only ports of other services to the LAN (reach)");
    await forEachCase(
      "a LAN host reaches the gateway host",
      cases,
      ({ name, port }) => `${name}:${port}`,
      async ({ rule, name, port }) => {
        const scheme = port === 443 ? "https" : "http";
        const answer = await curl(gateway, "lan-host", `${scheme}://${name}:${port}${alive}`, {
          bearer: gateway.masterKey,
          deadline: deadlines.request,
        });
        const isAlive = /alive/i.test(answer.body);
        if (answer.status === 200 && isAlive) return;
        const refusal = refusalAt(gateway, name, port);
        // Who reaches the port gets the policy's own refusal there.
        if (refusal?.includes(answer.status) || (refusal?.length === 0 && answer.status >= 400)) return;
        throw new CheckFailure({
          summary: `from the LAN, ${name}:${port} does not answer as LiteLLM`,
          code: answer.status === 0 ? "no-response" : "wrong-response",
          expected:
            refusal === undefined
              ? "200 with 'alive' in the body"
              : `${refusal.join(" or ") || "400 or above"}, as the policy refuses`,
          actual: `${answer.text}${answer.status === 200 ? " without 'alive' in the body" : ""}`,
          evidence: answer.evidence,
          cause: answer.cause,
          location: rule.location,
          ...whyNoAnswer(gateway.deployment, port, answer),
        });
      },
    );
  },
});

/**
 * The statuses with which the policy refuses the request of a caller with a key, empty for any of 400 or above; undefined
 * where the request reaches LiteLLM.
 */
function refusalAt({ policy, deployment }: GatewayTarget, name: string, port: number): readonly number[] | undefined {
  const isTraefiks = deployment.traefik?.ports.some(({ host }) => host === port) ?? false;
  const host = policy.hosts.find((one) => one.name === name);
  if (!isTraefiks || host === undefined) return undefined;
  const decision = decide(policy, host, { method: "GET", path: alive });
  if (decision.who === "login" || decision.who === "nobody") return decision.refusal.statuses;
  return decision.who === "redirect" ? decision.statuses : undefined;
}
