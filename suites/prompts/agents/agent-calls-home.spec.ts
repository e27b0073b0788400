import { CheckFailure } from "../../../helpers/checks/check-failure.ts";
import { check } from "../../runner/check.ts";
import { databaseTool } from "../support/client-of.ts";
import { lineOf } from "../support/codex-config.ts";
import { CodexAgent, told } from "../support/codex-turn.ts";
import { OutgoingCalls } from "../support/outgoing-calls.ts";

check({
  id: "PROMPT-14/no-calls-home",
  requirements: ["PROMPT-14"],
  title: "Codex, configured as in the deployment, contacts only the gateway in a turn",
  needs: ["gateway"],
  async run({ gateway, evidence }) {
    const { tool } = databaseTool(gateway);
    const agent = await CodexAgent.start(gateway, evidence, {
      turns: (token) => [{ call: [{ tool, arguments: { sql: `SELECT '${token}' AS asked` } }] }, { say: "Done." }],
    });
    const calls = await OutgoingCalls.record(gateway, "codex", `/tmp/${agent.token}`);
    const turn = await agent.ask("calls-home", "Ask the database", { environment: calls.environment });
    await agent.mustHaveCalled(turn, tool);
    const elsewhere = await calls.seen();
    if (elsewhere.length > 0) {
      throw new CheckFailure({
        ...told(turn),
        summary: `in a turn that the gateway alone answers Codex also tries to reach ${elsewhere.join(", ")}`,
        cause:
          "a feature that calls home is on (plugins, apps, analytics, web_search, check_for_update_on_startup): where packets are dropped, each turn waits for it",
        location: lineOf(agent.config, "[features]"),
      });
    }
    evidence.finding("Codex reached for nothing but the gateway; the way out was watched by a proxy.");
  },
});
