import { forEachCase } from "../../helpers/checks/cases.ts";
import { CheckFailure } from "../../helpers/checks/check-failure.ts";
import { exchangeEvidence } from "../../helpers/checks/evidence.ts";
import { atMost } from "../../helpers/core/at-most.ts";
import { unknownKey } from "../../helpers/deployment/source/canaries.ts";
import type { Exchange } from "../../helpers/protocol/exchange.ts";
import { check } from "../runner/check.ts";
import { statusOf } from "../support/answers.ts";
import { managementApi, type VirtualKey } from "../support/management-api.ts";
import { almostRightKeys } from "./support/almost-right-keys.ts";
import { anyKeyCause } from "./support/any-key-cause.ts";
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
    const routes: readonly Route[] = [
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
    const open = await routesForAnyKey(routes);
    const tried = await atMost(
      atATime,
      judged(routes, open).flatMap(({ route, ask }) =>
        wrong.map(({ how, key: almost }) => ({ route, ask, how, almost })),
      ),
      async ({ route, ask, how, almost }) => ({ route, how, exchange: await ask(almost) }),
    );
    await forEachCase(
      "a key that is almost right is refused",
      [...open.map(({ route, exchange }) => ({ route, exchange, how: "a key that nobody has" })), ...tried],
      ({ route, how }) => `${how}, ${route}`,
      async ({ exchange, how, route }) => {
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
          ...(status === undefined
            ? {}
            : {
                ...(open.some((one) => one.exchange === exchange)
                  ? anyKeyCause(gateway.deployment.litellmConfig.version, route === gateway.policy.mcp.endpoint)
                  : { cause: "keys are compared in part, or without regard to case" }),
              }),
          evidence: exchangeEvidence(exchange),
        });
      },
    );
  },
});

/** A path that demands a key, and how it is asked with one. */
interface Route {
  route: string;
  ask(bearer: string): Promise<Exchange>;
}

/** The routes that accept a key that nobody has: what they say of a similar one shows nothing of how keys are compared. */
async function routesForAnyKey(routes: readonly Route[]): Promise<{ route: string; exchange: Exchange }[]> {
  const asked = await Promise.all(routes.map(async ({ route, ask }) => ({ route, exchange: await ask(unknownKey) })));
  return asked.filter(({ exchange }) => (exchange.response?.status ?? 400) < 400);
}

function judged(routes: readonly Route[], open: readonly { route: string }[]): Route[] {
  return routes.filter(({ route }) => !open.some((one) => one.route === route));
}

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
