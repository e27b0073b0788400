import { wrongPassword } from "../../containers/trial-upstreams.ts";
import { CheckFailure } from "../../helpers/check-failure.ts";
import { deadlines } from "../../helpers/deadlines.ts";
import { receivedText, sentText } from "../../helpers/wire/exchange.ts";
import { conformance } from "../conformance.ts";
import { expectBeside } from "./beside.ts";
import { catalogueName } from "./listings.ts";
import { rpc } from "./rpc.ts";

conformance(
  ["CAT-15"],
  "a database upstream with a wrong DSN fails without telling it, and hides no other one",
  async ({ trial, evidence }) => {
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
      throw new CheckFailure({ what: "the call has no answer", sent: sentText(exchange), received: text });
    if (/"isError":false/.test(exchange.response.body) && !/error/i.test(exchange.response.body))
      throw new CheckFailure({
        what: "a query with a wrong password succeeds",
        sent: sentText(exchange),
        received: text,
      });
    for (const { response } of trial.wire.exchanges) {
      if (!response?.body.includes(wrongPassword)) continue;
      throw new CheckFailure({ what: "an answer holds the DSN's password", received: response.body.slice(0, 600) });
    }
  },
);
