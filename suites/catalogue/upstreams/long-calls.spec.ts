import { randomUUID } from "node:crypto";
import { CheckFailure } from "../../../helpers/checks/check-failure.ts";
import { exchangeEvidence } from "../../../helpers/checks/evidence.ts";
import { deadlines } from "../../../helpers/core/deadlines.ts";
import { check } from "../../runner/check.ts";
import { statusText } from "../support/error-answers.ts";
import { catalogueName } from "../support/mcp-client.ts";
import { rpc } from "../support/rpc.ts";

/** Bounds every call of a server that has no \`timeout\` of its own (LiteLLM 1.106.2); without it, after 60 s. */
const timeoutVariable = "LITELLM_MCP_CLIENT_TIMEOUT";

// In its own file, so that no other check waits for the tool.
check({
  id: "CAT-25/long-call-returns",
  requirements: ["CAT-25"],
  title: "a tool that takes as long as the policy allows returns",
  needs: ["testGateway"],
  slow: true,
  async run({ testGateway }) {
    const { litellm, policy } = testGateway.deployment;
    const { callSeconds } = policy.mcp;
    const token = randomUUID();
    const exchange = await rpc(testGateway, {
      path: testGateway.endpoint("unwell"),
      method: "tools/call",
      params: { name: catalogueName(testGateway, "unwell", "wait"), arguments: { token, seconds: callSeconds } },
      deadline: callSeconds * 1000 + deadlines.mcpRequest,
    });
    if (exchange.response?.body.includes(`wait got ${token}`)) return;
    const after = Math.round((exchange.response?.endAfter ?? exchange.failedAfter ?? 0) / 1000);
    const hasArrived = (await testGateway.received(token)).length > 0;
    const limit = litellm.environment.get(timeoutVariable);
    const isLimit = hasArrived && limit !== undefined && Number(limit.value) <= callSeconds;
    throw new CheckFailure({
      summary: `a tool that takes ${callSeconds} s does not return`,
      code: hasArrived ? "call-cut-off" : "call-not-forwarded",
      expected: `the result of the tool, after ${callSeconds} s`,
      actual: `${statusText(exchange)} after ${after} s`,
      evidence: exchangeEvidence(exchange),
      cause: isLimit
        ? `${timeoutVariable} is ${limit.value} s: LiteLLM gives up a call that takes longer`
        : hasArrived
          ? `LiteLLM gave the call up before the tool had finished (its time-out for MCP servers)`
          : "LiteLLM did not forward the call",
      location: isLimit ? limit.location : litellm.location,
      fix: `raise ${isLimit ? timeoutVariable : "the time-out of the MCP server in LiteLLM's config"}, or lower mcp.call_seconds in the policy`,
    });
  },
});
