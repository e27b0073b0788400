import { forEachCase } from "../../helpers/checks/cases.ts";
import { CheckFailure } from "../../helpers/checks/check-failure.ts";
import { deadlines } from "../../helpers/core/deadlines.ts";
import { check } from "../runner/check.ts";
import { curl } from "./support/curl.ts";

check({
  id: "REACH-01/lan-by-name",
  requirements: ["REACH-01"],
  title: "a LAN host reaches the gateway host by name on each port that the policy opens to it",
  needs: ["gateway", "commands"],
  async run({ gateway, evidence }) {
    const cases = gateway.policy.reach
      .filter(({ from, to }) => from === "lan" && to === "gateway-host")
      .flatMap((rule) => rule.ports.map((port) => ({ rule, port, name: rule.as ?? gateway.internalHost.name })));
    if (cases.length === 0) evidence.notSupported("the policy opens nothing to the LAN (reach)");
    await forEachCase(
      "a LAN host reaches the gateway host",
      cases,
      ({ name, port }) => `${name}:${port}`,
      async ({ rule, name, port }) => {
        const scheme = port === 443 ? "https" : "http";
        const answer = await curl(gateway, "lan-host", `${scheme}://${name}:${port}/health/liveliness`, {
          bearer: gateway.masterKey,
          deadline: deadlines.request,
        });
        const isAlive = /alive/i.test(answer.body);
        if (answer.status === 200 && isAlive) return;
        throw new CheckFailure({
          summary: `from the LAN, ${name}:${port} does not answer as LiteLLM`,
          code: answer.status === 0 ? "no-response" : "wrong-response",
          expected: "200 with 'alive' in the body",
          actual: `${answer.text}${answer.status === 200 ? " without 'alive' in the body" : ""}`,
          evidence: answer.evidence,
          cause: answer.cause,
          location: rule.location,
        });
      },
    );
  },
});
