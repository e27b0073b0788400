import { forEachCase } from "../../helpers/checks/cases.ts";
import { CheckFailure } from "../../helpers/checks/check-failure.ts";
import { exchangeEvidence } from "../../helpers/checks/evidence.ts";
import { atMost } from "../../helpers/core/at-most.ts";
import type { Exchange } from "../../helpers/protocol/exchange.ts";
import { check } from "../runner/check.ts";
import { statusOf } from "../support/answers.ts";
import { managementApi, type VirtualKey } from "../support/management-api.ts";
import { almostRightKeys } from "./support/almost-right-keys.ts";
import { list } from "./support/mcp-request.ts";

/** How many keys are tried at a time. */
const atATime = 8;

check({
  id: "KEYS-02/almost-right-keys",
  requirements: ["KEYS-02"],
  title: "a key that is almost right is refused by every route",
  needs: ["gateway"],
  async run({ gateway, evidence }) {
    const api = await managementApi(gateway, evidence);
    const [key, other] = await Promise.all([api.createKey({}), api.createKey({})]);
    const routes: readonly { route: string; ask(bearer: string): Promise<Exchange> }[] = [
      { route: "/v1/models", ask: (bearer) => gateway.send({ path: "/v1/models", bearer }) },
      { route: "/key/info", ask: (bearer) => gateway.send({ path: "/key/info", bearer }) },
      { route: gateway.policy.mcp.endpoint, ask: (bearer) => list(gateway, mcpListing, bearer) },
    ];
    const mcpListing = { way: "", method: "POST", path: gateway.policy.mcp.endpoint } as const;
    for (const { route, ask } of routes) expectAccepted(await ask(key.key), route);
    const masterKey: VirtualKey = { key: gateway.masterKey, token: other.token };
    // LiteLLM logs and answers the keys that it refuses: none that contains the master key is sent (INJ-09).
    const ofMaster = almostRightKeys(masterKey, key.key).filter((one) => !one.key.includes(gateway.masterKey));
    const wrong = [...almostRightKeys(key, other.key), ...ofMaster];
    const tried = await atMost(
      atATime,
      routes.flatMap(({ route, ask }) => wrong.map(({ how, key: almost }) => ({ route, ask, how, almost }))),
      async ({ route, ask, how, almost }) => ({ route, how, exchange: await ask(almost) }),
    );
    await forEachCase(
      "a key that is almost right is refused",
      tried,
      ({ route, how }) => `${how}, ${route}`,
      async ({ exchange, how }) => {
        const status = exchange.response?.status;
        if (status !== undefined && status >= 400) return;
        throw new CheckFailure({
          summary:
            status === undefined
              ? `no answer to a key that is wrong: ${how}`
              : `a key is accepted that is wrong: ${how}`,
          code: status === undefined ? "no-response" : "wrong-key-accepted",
          expected: "a status of 400 or more",
          actual: statusOf(exchange),
          ...(status === undefined ? {} : { cause: "keys are compared in part, or without regard to case" }),
          evidence: exchangeEvidence(exchange),
        });
      },
    );
  },
});

/** The control: the same request with the key itself. */
function expectAccepted(exchange: Exchange, route: string): void {
  if (exchange.response?.status === 200) return;
  throw new CheckFailure({
    summary: `the control fails: ${route} does not accept a virtual key`,
    code: "control-failed",
    expected: "200",
    actual: statusOf(exchange),
    evidence: exchangeEvidence(exchange),
  });
}
