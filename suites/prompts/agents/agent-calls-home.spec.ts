import { CheckFailure } from "../../../helpers/checks/check-failure.ts";
import { hasConfig } from "../../../helpers/deployment/policy/configured-client.ts";
import { check } from "../../runner/check.ts";
import { lineOf } from "../support/codex-config.ts";
import { CodexAgent, turnEvidence } from "../support/codex-turn.ts";
import { OutgoingCalls } from "../support/outgoing-calls.ts";
import { canaryCall, requireClient } from "../support/policy-lookup.ts";

check({
  id: "PROMPT-14/no-calls-home",
  requirements: ["PROMPT-14"],
  title: "Codex, configured as in the deployment, contacts only the gateway in a turn",
  needs: ["gateway", "canaries", "commands", "scripted-model"],
  async run({ gateway, evidence }) {
    if (!hasConfig(requireClient(gateway, "codex")))
      evidence.notSupported("Codex has a config of the suite's own, which says nothing of the deployment's");
    const { call } = canaryCall(gateway);
    const agent = await CodexAgent.start(gateway, evidence, {
      turns: () => [{ call: [call] }, { say: "Done." }],
    });
    const calls = await OutgoingCalls.record(gateway, "codex", `/tmp/${agent.token}`);
    const turn = await agent.ask("calls-home", "Use the tool", { environment: calls.environment });
    await agent.expectCall(turn, call.tool);
    const targets = await calls.targets();
    if (targets.length > 0) {
      throw new CheckFailure({
        summary: "in a turn that needs only the gateway, Codex also tries to reach other hosts",
        code: "other-hosts",
        expected: "connections to the gateway only",
        actual: `connection attempts to ${targets.join(", ")}`,
        evidence: turnEvidence(turn),
        cause:
          "a feature that calls home is on (plugins, apps, analytics, web_search, check_for_update_on_startup): where a firewall drops packets, each turn waits for it",
        location: lineOf(agent.config, "[features]"),
        fix: "switch the feature off in config.toml",
      });
    }
    evidence.finding("Codex contacted only the gateway; a proxy recorded all other outgoing requests.");
  },
});
