import pLimit from "p-limit";
import type { GatewayTarget } from "../../containers/targets/needs.ts";
import { forEachCase } from "../../helpers/checks/cases.ts";
import { CheckFailure } from "../../helpers/checks/check-failure.ts";
import { exchangeEvidence } from "../../helpers/checks/evidence.ts";
import { unknownKey } from "../../helpers/deployment/canaries.ts";
import type { PolicySecret } from "../../helpers/deployment/types.ts";
import { receivedText, sentText } from "../../helpers/protocol/exchange.ts";
import { check } from "../runner/check.ts";
import { ask, atOnce, isRefusal, lessWithoutKey, liveRoutes, type Route, sameAnswer } from "./support/live-routes.ts";

/**
 * What keys, users, models, servers and settings are managed and read by, on both versions, and what has LiteLLM open a
 * connection or start a command of the caller's choice; no client needs any of it.
 */
const management =
  /^\/(v1\/mcp\/server|mcp\/server|mcp-rest\/test|(v\d\/)?(key|user|team|organization|customer|end_user|budget|model|config|credentials|global|spend|guardrails|settings|tag|cache|sso|callbacks|schedule|reload|invitation|provider|add|update|delete|get)(\/|$))/;

/** So many there are at least: an empty list would prove nothing. */
const fewest = 50;

check({
  id: "INJ-10/client-key-cannot-administer",
  requirements: ["INJ-10"],
  title: "with a client's key, every route that manages the gateway refuses",
  needs: ["gateway"],
  async run({ gateway, evidence }) {
    const keys = gateway.policy.secrets.filter(
      ({ kind, mayBeIn }) => kind === "api-key" && mayBeIn.includes("client.environment"),
    );
    if (keys.length === 0) evidence.notSupported("the policy names no key that a client holds");
    const routes = (await liveRoutes(gateway)).filter(({ path }) => management.test(path));
    if (routes.length < fewest)
      throw new CheckFailure({
        summary: `of LiteLLM's own routes ${routes.length} manage anything: too few to be all`,
      });
    await masterKeyMustManage(gateway);
    await forEachCase(
      "a client's key manages nothing",
      keys,
      ({ name }) => name,
      async (key) => mustManageNothing(gateway, key, routes),
    );
    const names = keys.map(({ name }) => name).join(" and ");
    evidence.finding(`${routes.length} routes that manage LiteLLM give ${names} no more than they give to anybody.`);
  },
});

/** Where nobody manages anything, a client's key shows nothing. The injected route asks for an admin (LiteLLM 1.77.1, 1.106.2). */
async function masterKeyMustManage(gateway: GatewayTarget): Promise<void> {
  for (const { path, status } of gateway.policy.injectedRoutes) {
    // Past Traefik, which would put the injected key in the master key's place.
    const exchange = await ask(gateway, { method: "GET", path }, gateway.masterKey);
    if (exchange.response?.status === status) continue;
    throw new CheckFailure({
      summary: `the control fails: the master key itself is answered ${exchange.response?.status} at ${path}, not ${status}`,
      evidence: exchangeEvidence(exchange),

      cause: "the custom_auth module gives the master key another role than the admin's",
    });
  }
}

async function mustManageNothing(
  gateway: GatewayTarget,
  { name, location }: PolicySecret,
  routes: Route[],
): Promise<void> {
  const key = gateway.secret(name);
  if (key === gateway.masterKey) {
    throw new CheckFailure({
      summary: `${name}, which clients hold, is the master key: each of them may do everything`,
      cause: "one value for two variables",
      location,
    });
  }
  // A key that LiteLLM does not know is refused everywhere: that shows nothing of what a client's key may do.
  const probe: Route = { method: "GET", path: "/v1/models" };
  const [own, nobodys] = await Promise.all([ask(gateway, probe, key), ask(gateway, probe, unknownKey)]);
  if (own.response === undefined || sameAnswer(own, nobodys)) {
    throw new CheckFailure({
      summary: `LiteLLM does not tell ${name}, which clients hold, from a key that nobody has`,
      evidence: exchangeEvidence(own),

      cause: "no scoped keys are set up (custom_auth, or a database), or LiteLLM demands no key at all",
      location,
    });
  }
  const limit = pLimit(atOnce);
  await forEachCase(
    `a route refuses ${name}`,
    routes,
    ({ method, path }) => `${method} ${path}`,
    async (route) => {
      const keyed = await limit(() => ask(gateway, route, key));
      if (isRefusal(keyed)) return;
      // What anybody gets without a key is no right of the key's.
      const anonymous = await limit(() => lessWithoutKey(gateway, route, keyed));
      if (anonymous === undefined) return;
      throw new CheckFailure({
        summary: `${name} gets ${keyed.response?.status} where a caller without a key gets ${anonymous.response?.status}`,
        evidence: exchangeEvidence(keyed),

        cause: "the key's routes or its role hold more than a client needs",
        location,
      });
    },
  );
}
