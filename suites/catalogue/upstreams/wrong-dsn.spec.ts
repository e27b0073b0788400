import { CheckFailure } from "../../../helpers/checks/check-failure.ts";
import { exchangeEvidence } from "../../../helpers/checks/evidence.ts";
import { deadlines } from "../../../helpers/core/deadlines.ts";
import type { Exchange } from "../../../helpers/protocol/exchange.ts";
import { check } from "../../runner/check.ts";
import { askTwice } from "../support/ask-twice.ts";
import { statusText } from "../support/error-answers.ts";
import { expectIsolated } from "../support/listing-isolation.ts";
import { catalogueName } from "../support/mcp-client.ts";
import { rpc } from "../support/rpc.ts";

const server = "wrong_dsn";

check({
  id: "CAT-15/wrong-dsn",
  requirements: ["CAT-15"],
  title: "a database upstream with a wrong DSN fails without revealing it, and hides no other upstream",
  needs: ["testGateway"],
  slow: true,
  async run({ testGateway, evidence }) {
    if (!(await testGateway.serverIds()).has(server)) evidence.notSupported("no upstream of the policy has a database");
    const query = (deadline: number): Promise<Exchange> =>
      rpc(testGateway, {
        path: testGateway.endpoint(server),
        method: "tools/call",
        params: { name: catalogueName(testGateway, server, "execute_sql"), arguments: { sql: "SELECT 1" } },
        deadline,
      });
    const [exchange] = await Promise.all([
      // An answer that LiteLLM loses once says nothing about the DSN: 1.106.2 did so in one of many runs.
      askTwice(query),
      expectIsolated(testGateway, [server], deadlines.silentUpstream),
    ]);
    const { response } = exchange;
    const succeeds = response !== undefined && /"isError":false/.test(response.body) && !/error/i.test(response.body);
    if (response === undefined || succeeds) {
      throw new CheckFailure({
        summary: "a query with a wrong password does not fail with an error",
        code: succeeds ? "success" : "no-answer",
        expected: "an answer with an error",
        actual: succeeds ? "a success" : statusText(exchange),
        evidence: exchangeEvidence(exchange),
      });
    }
    const revealing = testGateway.http.exchanges.find((one) => one.response?.body.includes(testGateway.wrongPassword));
    if (revealing === undefined) return;
    throw new CheckFailure({
      summary: "an answer reveals the DSN's password",
      code: "password-revealed",
      expected: "no answer with the password",
      actual: `${statusText(revealing)} with the password`,
      cause: "LiteLLM or the upstream puts the DSN into its error",
      evidence: exchangeEvidence(revealing),
    });
  },
});
