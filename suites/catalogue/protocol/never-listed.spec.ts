import { randomUUID } from "node:crypto";
import type { TestGateway } from "../../../containers/targets/test-gateway.ts";
import { CheckFailure } from "../../../helpers/checks/check-failure.ts";
import { exchangeEvidence } from "../../../helpers/checks/evidence.ts";
import { deadlines, until } from "../../../helpers/core/deadlines.ts";
import { check } from "../../runner/check.ts";
import { statusText } from "../support/error-answers.ts";
import { catalogueName, toolsOf } from "../support/mcp-client.ts";
import { rpc } from "../support/rpc.ts";

const server = "reserved";
const tool = "kept";

// A client that knows the tool from another process of LiteLLM, or from before its restart, calls it without a listing.
check({
  id: "CAT-29/call-before-listing",
  requirements: ["CAT-29"],
  title: "a LiteLLM that never listed an upstream's tools can call them",
  needs: ["testGateway"],
  async run({ testGateway }) {
    // LiteLLM lists every upstream when it boots; this one refuses until that is over. A LiteLLM that lists none then has not listed
    // this one either.
    await until("LiteLLM has asked the upstream for its tools", deadlines.mcpRequest, async () =>
      (await testGateway.listingsOf(server)).refused > 0 ? true : undefined,
    ).catch(() => undefined);
    try {
      await testGateway.setListings(server, "answers");
      const direct = await toolsOf(`the upstream ${server}`, testGateway.upstream(server));
      if (!direct.some(({ name }) => name === tool)) throw new Error(`the upstream ${server} does not list ${tool}`);
      await expectCalled(testGateway);
    } finally {
      await testGateway.setListings(server, "refuses");
    }
  },
});

async function expectCalled(testGateway: TestGateway): Promise<void> {
  const token = randomUUID();
  const exchange = await rpc(testGateway, {
    path: testGateway.endpoint(server),
    method: "tools/call",
    params: { name: catalogueName(testGateway, server, tool), arguments: { token } },
  });
  if (exchange.response?.body.includes(`${tool} got ${token}`)) return;
  const arrived = (await testGateway.received(token)).length > 0;
  throw new CheckFailure({
    summary: `a tool of ${server}, which this LiteLLM has not listed yet, cannot be called`,
    code: arrived ? "result-lost" : "call-needs-listing",
    expected: `${tool} got ${token}`,
    actual: `${statusText(exchange)}; the call ${arrived ? "arrived at the upstream" : "did not arrive at the upstream"}`,
    cause: arrived
      ? "LiteLLM loses the upstream's result"
      : "LiteLLM finds the upstream of a tool only in the listings that the same process has made (BerriAI/litellm#42655)",
    location: testGateway.deployment.litellm.location,
    evidence: exchangeEvidence(exchange),
  });
}
