import pLimit from "p-limit";
import type { GatewayWith } from "../../containers/targets/needs.ts";
import { forEachCase } from "../../helpers/checks/cases.ts";
import { CheckFailure } from "../../helpers/checks/check-failure.ts";
import { exchangeEvidence } from "../../helpers/checks/evidence.ts";
import { keyLine } from "../../helpers/deployment/litellm/blame.ts";
import { moduleLine } from "../../helpers/deployment/litellm/module-lines.ts";
import { unknownKey } from "../../helpers/deployment/source/canaries.ts";
import type { PolicySecret } from "../../helpers/deployment/types.ts";
import { check } from "../runner/check.ts";
import { statusOf } from "../support/answers.ts";
import {
  concurrency,
  differentAnswerWithoutKey,
  isRefusal,
  isSameAnswer,
  liveRoutes,
  type Route,
  sendPastTraefik,
} from "./support/live-routes.ts";
import { answeredByModule } from "./support/module-cause.ts";

/**
 * Routes that manage or show keys, users, models, servers and settings on both versions, and routes that make LiteLLM open a
 * connection or start a command of the caller's choice. No client needs any of them.
 */
const administrative =
  /^\/(v1\/mcp\/server|mcp\/server|mcp-rest\/test|(v\d\/)?(key|user|team|organization|customer|end_user|budget|model|config|credentials|global|spend|guardrails|settings|tag|cache|sso|callbacks|schedule|reload|invitation|provider|add|update|delete|get)(\/|$))/;

/** Every version has at least this many of them: an empty list would prove nothing. */
const fewestRoutes = 50;

check({
  id: "INJ-10/client-key-cannot-administer",
  requirements: ["INJ-10"],
  title: "with a client's key, every route that manages the gateway refuses",
  needs: ["gateway", "litellm-port"],
  async run({ gateway, evidence }) {
    const clientKeys = gateway.policy.secrets.filter(
      ({ kind, mayBeIn }) => kind === "api-key" && mayBeIn.includes("client.environment"),
    );
    if (clientKeys.length === 0) evidence.notSupported("the policy allows no key in client.environment");
    // A virtual key may read what belongs to it: its own spending, its team's, its models.
    const virtual = new Set(gateway.policy.identities.map(({ secret }) => secret));
    const keys = clientKeys.filter(({ name }) => !virtual.has(name));
    if (keys.length === 0)
      evidence.notSupported(
        "each client's key is one of the policy's identities: KEYS-06 says what they may administer",
      );
    const routes = (await liveRoutes(gateway)).filter(({ path }) => administrative.test(path));
    if (routes.length < fewestRoutes) {
      throw new CheckFailure({
        summary: "LiteLLM's own list has too few routes that manage the gateway",
        code: "too-few-routes",
        expected: `at least ${fewestRoutes} routes`,
        actual: `${routes.length} routes`,
        cause: "this version has renamed its routes",
        location: gateway.deployment.litellm.location,
      });
    }
    await expectMasterKeyAccepted(gateway);
    await forEachCase(
      "a client's key cannot administer the gateway",
      keys,
      ({ name }) => name,
      async (key) => expectNoAdministration(gateway, key, routes),
    );
    const names = keys.map(({ name }) => name).join(" and ");
    evidence.finding(`${routes.length} routes that manage LiteLLM give ${names} no more than they give any caller.`);
  },
});

/** Control: where no key can administer, a client's key proves nothing. The injected route needs an admin (LiteLLM 1.77.1, 1.106.2). */
async function expectMasterKeyAccepted(gateway: GatewayWith<"litellm-port">): Promise<void> {
  for (const { path, status } of gateway.policy.injectedRoutes) {
    // Past Traefik, which would replace the master key by the injected key.
    const exchange = await sendPastTraefik(gateway, { method: "GET", path }, gateway.masterKey);
    if (exchange.response?.status === status) continue;
    throw new CheckFailure({
      summary: `the control fails: the master key itself does not get ${status} at ${path}`,
      code: "control-failed",
      expected: `${status} to the master key`,
      actual: statusOf(exchange),
      evidence: exchangeEvidence(exchange),
      cause: "the custom_auth module gives the master key another role than admin",
      ...(keyLine(gateway.deployment, gateway.masterKey) ?? { location: gateway.deployment.litellm.location }),
    });
  }
}

async function expectNoAdministration(
  gateway: GatewayWith<"litellm-port">,
  secret: PolicySecret,
  routes: readonly Route[],
): Promise<void> {
  const { name, location } = secret;
  const key = gateway.secret(name);
  if (key === gateway.masterKey) {
    throw new CheckFailure({
      summary: `${name}, which clients hold, is the master key: each client may do everything`,
      code: "master-key-in-clients",
      expected: "a key of its own",
      actual: "the master key",
      cause: "two variables have the same value",
      location,
      fix: `give ${name} a value of its own`,
    });
  }
  await expectKnownKey(gateway, secret, key);
  const limit = pLimit(concurrency);
  await forEachCase(
    `a route refuses ${name}`,
    routes,
    ({ method, path }) => `${method} ${path}`,
    async (route) => {
      const keyed = await limit(() => sendPastTraefik(gateway, route, key));
      if (isRefusal(keyed)) return;
      // What any caller gets is not a right of the key.
      const anonymous = await limit(() => differentAnswerWithoutKey(gateway, route, keyed));
      if (anonymous === undefined) return;
      throw new CheckFailure({
        summary: `${name} gets ${statusOf(keyed)} where a caller without a key gets ${statusOf(anonymous)}`,
        code: "key-has-more-rights",
        expected: `a refusal, or ${statusOf(anonymous)} as without a key`,
        actual: statusOf(keyed),
        evidence: exchangeEvidence(keyed, anonymous),
        cause: "the key's routes or its role contain more than a client needs",
        location: moduleLine(gateway.deployment, name) ?? location,
        ...answeredByModule(gateway.deployment, keyed),
      });
    },
  );
}

/** A key that LiteLLM does not know is refused everywhere, which would prove nothing about a client's rights. */
async function expectKnownKey(
  gateway: GatewayWith<"litellm-port">,
  { name, location }: PolicySecret,
  key: string,
): Promise<void> {
  const probe: Route = { method: "GET", path: "/v1/models" };
  const [own, unknown] = await Promise.all([
    sendPastTraefik(gateway, probe, key),
    sendPastTraefik(gateway, probe, unknownKey),
  ]);
  if (own.response !== undefined && !isSameAnswer(own, unknown)) return;
  throw new CheckFailure({
    summary: `LiteLLM answers ${name}, which clients hold, as it answers a key that does not exist`,
    code: "key-not-distinguished",
    expected: `another answer than ${statusOf(unknown)}, which an unknown key gets`,
    actual: statusOf(own),
    evidence: exchangeEvidence(own, unknown),
    cause: "no scoped keys are set up (custom_auth, or a database), or LiteLLM requires no key at all",
    location: moduleLine(gateway.deployment, name) ?? location,
  });
}
