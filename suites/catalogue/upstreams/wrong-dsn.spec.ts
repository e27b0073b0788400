import { wrongPassword } from "../../../containers/rigs/test-upstreams.ts";
import { CheckFailure } from "../../../helpers/checks/check-failure.ts";
import { exchangeEvidence } from "../../../helpers/checks/evidence.ts";
import { deadlines } from "../../../helpers/core/deadlines.ts";
import { receivedText, sentText } from "../../../helpers/protocol/exchange.ts";
import { check } from "../../runner/check.ts";
import { expectBeside } from "../support/listing-isolation.ts";
import { catalogueName } from "../support/listings.ts";
import { rpc } from "../support/rpc.ts";

check({
  id: "CAT-15/wrong-dsn",
  requirements: ["CAT-15"],
  title: "a database upstream with a wrong DSN fails without revealing it, and hides no other upstream",
  needs: ["testGateway"],
  slow: true,
  async run({ testGateway: trial, evidence }) {
    if (!(await trial.serverIds()).has("wrong_dsn")) evidence.notSupported("no upstream of the policy has a database");
    const listing = expectBeside(trial, ["wrong_dsn"], deadlines.silentUpstream);
    const call = rpc(trial, {
      path: trial.endpoint("wrong_dsn"),
      method: "tools/call",
      params: { name: catalogueName("wrong_dsn", "execute_sql"), arguments: { sql: "SELECT 1" } },
      deadline: deadlines.silentUpstream,
    });
    const [exchange] = await Promise.all([call, listing]);
    const text = receivedText(exchange);
    if (exchange.response === undefined)
      throw new CheckFailure({
        summary: "the call has no answer",
        evidence: { ...exchangeEvidence(exchange), received: text },
      });
    if (/"isError":false/.test(exchange.response.body) && !/error/i.test(exchange.response.body))
      throw new CheckFailure({
        summary: "a query with a wrong password succeeds",
        evidence: { ...exchangeEvidence(exchange), received: text },
      });
    for (const { response } of trial.wire.exchanges) {
      if (!response?.body.includes(wrongPassword)) continue;
      throw new CheckFailure({
        summary: "an answer holds the DSN's password",
        evidence: { received: response.body.slice(0, 600) },
      });
    }
  },
});
