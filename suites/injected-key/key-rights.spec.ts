import pLimit from "p-limit";
import type { GatewayTarget } from "../../containers/targets/needs.ts";
import { forEachCase } from "../../helpers/checks/cases.ts";
import { CheckFailure } from "../../helpers/checks/check-failure.ts";
import { exchangeEvidence } from "../../helpers/checks/evidence.ts";
import { moduleLine } from "../../helpers/deployment/litellm/module-lines.ts";
import { unknownKey } from "../../helpers/deployment/source/canaries.ts";
import type { SourceLocation } from "../../helpers/deployment/types.ts";
import { check } from "../runner/check.ts";
import { statusOf } from "../support/answers.ts";
import { expectKeysToCount } from "../support/any-key.ts";
import { injectedRoutes } from "./support/injected-routes.ts";
import {
  concurrency,
  differentAnswerWithoutKey,
  isRefusal,
  liveRoutes,
  sendPastTraefik,
} from "./support/live-routes.ts";
import { answeredByModule } from "./support/module-cause.ts";

check({
  id: "INJ-04/other-routes-refuse",
  requirements: ["INJ-04"],
  title: "with the injected key, every other route of LiteLLM's own list refuses",
  needs: ["gateway", "litellm-port"],
  async run({ gateway, evidence }) {
    for (const route of injectedRoutes(gateway.policy, evidence)) {
      const { key, location } = injectedKey(gateway) ?? { key: gateway.secret(route.secret), location: route.location };
      if (key === gateway.masterKey) {
        throw new CheckFailure({
          summary: "the injected key is the master key: it opens every route",
          code: "master-key-injected",
          expected: "a key that opens only the injected route",
          actual: "the master key",
          cause: "labels and Traefik's API show the key, and each anonymous caller of the injected route uses it",
          location,
          fix: "inject a key of its own that has no other right",
        });
      }
      expectKeysToCount(
        gateway,
        await sendPastTraefik(gateway, { method: "GET", path: "/v1/models" }, unknownKey),
        "the injected key opens every route, as any other key does",
        location,
      );
      const routes = (await liveRoutes(gateway)).filter(({ path }) => path !== route.path);
      const limit = pLimit(concurrency);
      const answers: Record<string, number> = {};
      await forEachCase(
        "a route refuses the injected key",
        routes,
        ({ method, path }) => `${method} ${path}`,
        async (one) => {
          const keyed = await limit(() => sendPastTraefik(gateway, one, key));
          const status = keyed.response?.status ?? 0;
          answers[status] = (answers[status] ?? 0) + 1;
          if (isRefusal(keyed)) return;
          // What any caller gets is not a right of the key. LiteLLM's MCP answers 500 to both on some versions.
          const anonymous = await limit(() => differentAnswerWithoutKey(gateway, one, keyed));
          if (anonymous === undefined) return;
          throw new CheckFailure({
            summary: `the injected key gets ${statusOf(keyed)} where a caller without a key gets ${statusOf(anonymous)}`,
            code: "key-has-more-rights",
            expected: `a refusal, or ${statusOf(anonymous)} as without a key`,
            actual: statusOf(keyed),
            evidence: exchangeEvidence(keyed, anonymous),
            cause: "the key's scope contains more than its own route",
            location: moduleLine(gateway.deployment, route.secret) ?? location,
            ...answeredByModule(gateway.deployment, keyed),
          });
        },
      );
      const counts = Object.entries(answers).map(([status, count]) => `${count} × ${status}`);
      evidence.finding(
        `A scoped key can replace the master key for ${route.path}: with ${route.secret}, ${routes.length} other routes of LiteLLM's own ` +
          `list were tried, and none gave more than it gives any caller (${counts.join(", ")}).`,
      );
    }
  },
});

/** The key that a label injects, whichever it is: an anonymous caller acts with this key. */
function injectedKey({ deployment }: GatewayTarget): { key: string; location: SourceLocation } | undefined {
  const options = (deployment.traefikModel?.middlewares ?? []).flatMap((middleware) => [...middleware.options]);
  for (const [name, { value, location }] of options) {
    const key = /^Bearer +(\S+)$/i.exec(value)?.[1];
    if (key !== undefined && /^headers\.customrequestheaders\.authorization$/i.test(name)) return { key, location };
  }
  return undefined;
}
