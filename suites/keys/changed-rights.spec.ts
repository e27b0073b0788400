import type { GatewayTarget } from "../../containers/targets/needs.ts";
import { CheckFailure } from "../../helpers/checks/check-failure.ts";
import { exchangeEvidence } from "../../helpers/checks/evidence.ts";
import { until } from "../../helpers/core/deadlines.ts";
import type { Exchange } from "../../helpers/protocol/exchange.ts";
import { check } from "../runner/check.ts";
import { managementApi } from "../support/management-api.ts";
import { serversOf } from "./support/identities.ts";
import { catalogueOfMaster, list, listedTools, listingRequests } from "./support/mcp-request.ts";

check({
  id: "KEYS-03/revoked-key",
  requirements: ["KEYS-03"],
  title: "a key that is revoked is refused",
  needs: ["gateway"],
  async run({ gateway, evidence }) {
    const api = await managementApi(gateway, evidence);
    const key = await api.createKey({});
    const ask = (): Promise<Exchange> => gateway.send({ path: "/v1/models", bearer: key.key });
    expectStatus(await ask(), true, "a new key is not accepted");
    await api.deleteKey(key);
    await eventually(
      gateway,
      ask,
      (exchange) => isRefused(exchange),
      "a revoked key is still accepted",
      "still-accepted",
    );
  },
});

check({
  id: "KEYS-03/expired-key",
  requirements: ["KEYS-03"],
  title: "a key that has expired is refused",
  needs: ["gateway"],
  async run({ gateway, evidence }) {
    const api = await managementApi(gateway, evidence);
    const { key } = await api.createKey({ duration: "1s" });
    const ask = (): Promise<Exchange> => gateway.send({ path: "/v1/models", bearer: key });
    await eventually(
      gateway,
      ask,
      (exchange) => isRefused(exchange),
      "an expired key is still accepted",
      "still-accepted",
    );
  },
});

check({
  id: "KEYS-03/changed-grant",
  requirements: ["KEYS-03"],
  title: "a key whose grant changes is shown the new server, and no longer the old one",
  needs: ["gateway"],
  async run({ gateway, evidence }) {
    const api = await managementApi(gateway, evidence);
    const servers = serversOf(gateway);
    const [one, two] = servers;
    if (one === undefined || two === undefined) return evidence.notSupported("the policy names fewer than two servers");
    await catalogueOfMaster(gateway, [one, two]);
    const grant = async (server: string) => ({ object_permission: { mcp_servers: await api.serverIds([server]) } });
    const key = await api.createKey(await grant(one));
    const [request] = listingRequests(gateway, servers);
    if (request === undefined) throw new Error("there is no listing");
    const ask = (): Promise<Exchange> => list(gateway, request, key.key);
    const showsOnly = (server: string, other: string) => (exchange: Exchange) => {
      const listed = listedTools(gateway, exchange);
      return listed.has(server) && !listed.has(other);
    };
    await eventually(gateway, ask, showsOnly(one, two), `a key for ${one} is not shown it alone`, "first-grant-wrong");
    await api.changeKey(key, await grant(two));
    await eventually(
      gateway,
      ask,
      showsOnly(two, one),
      `a key is not shown ${two} in place of ${one}`,
      "change-without-effect",
    );
  },
});

function isRefused({ response }: Exchange): boolean {
  return (response?.status ?? 0) >= 400;
}

function expectStatus(exchange: Exchange, accepted: boolean, summary: string): void {
  if (exchange.response !== undefined && isRefused(exchange) !== accepted) return;
  throw new CheckFailure({
    summary,
    code: "control-failed",
    expected: "200",
    actual: String(exchange.response?.status ?? "no response"),
    evidence: exchangeEvidence(exchange),
  });
}

/** LiteLLM keeps a key in memory for a while: what another worker changes takes that long. */
async function eventually(
  { policy }: GatewayTarget,
  ask: () => Promise<Exchange>,
  holds: (exchange: Exchange) => boolean,
  summary: string,
  code: string,
): Promise<void> {
  let last: Exchange | undefined;
  try {
    await until(summary, policy.keyChangeSeconds * 1000, async () => {
      last = await ask();
      return last.response !== undefined && holds(last) ? true : undefined;
    });
  } catch (cause) {
    if (last === undefined) throw cause;
    throw new CheckFailure({
      summary,
      code,
      expected: `the change takes effect within ${policy.keyChangeSeconds} s (key_change_seconds)`,
      actual: `status ${last.response?.status ?? "no response"} after that`,
      cause: "LiteLLM keeps keys in memory longer, or a worker does not learn of the change",
      evidence: exchangeEvidence(last),
    });
  }
}
