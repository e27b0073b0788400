import pLimit from "p-limit";
import type { GatewayTarget } from "../../containers/targets/needs.ts";
import { forEachCase } from "../../helpers/checks/cases.ts";
import { CheckFailure } from "../../helpers/checks/check-failure.ts";
import { exchangeEvidence } from "../../helpers/checks/evidence.ts";
import type { SourceLocation } from "../../helpers/deployment/types.ts";
import { receivedText, sentText } from "../../helpers/protocol/exchange.ts";
import { check } from "../runner/check.ts";
import { ask, atOnce, isRefusal, lessWithoutKey, liveRoutes } from "./support/live-routes.ts";

check({
  id: "INJ-04/other-routes-refuse",
  requirements: ["INJ-04"],
  title: "with the injected key, every other route of LiteLLM's own list refuses",
  needs: ["gateway"],
  async run({ gateway, evidence }) {
    for (const route of gateway.policy.injectedRoutes) {
      const { key, location } = injectedKey(gateway) ?? { key: gateway.secret(route.secret), location: route.location };
      if (key === gateway.masterKey) {
        throw new CheckFailure({
          summary: "the injected key is the master key: every route is open to whoever holds it",
          cause: "labels and Traefik's API show it, and each anonymous caller of the injected route uses it",
          location,
        });
      }
      const routes = (await liveRoutes(gateway)).filter(({ path }) => path !== route.path);
      const limit = pLimit(atOnce);
      const answers: Record<string, number> = {};
      await forEachCase(
        "a route refuses the injected key",
        routes,
        ({ method, path }) => `${method} ${path}`,
        async (one) => {
          const keyed = await limit(() => ask(gateway, one, key));
          const status = keyed.response?.status ?? 0;
          answers[status] = (answers[status] ?? 0) + 1;
          if (isRefusal(keyed)) return;
          // What anybody gets without a key is no right of the key's; LiteLLM's MCP answers 500 to both on some versions.
          const anonymous = await limit(() => lessWithoutKey(gateway, one, keyed));
          if (anonymous === undefined) return;
          throw new CheckFailure({
            summary: `the injected key gets ${status} where a caller without a key gets ${anonymous.response?.status}`,
            evidence: exchangeEvidence(keyed),

            cause: "the key's scope holds more than its own route",
            location,
          });
        },
      );
      const counted = Object.entries(answers).map(([status, count]) => `${count} × ${status}`);
      evidence.finding(
        `A scoped key can take the master key's place for ${route.path}: with ${route.secret} in hand, ${routes.length} other routes ` +
          `of LiteLLM's own list were tried and none gave more than it gives to anybody (${counted.join(", ")}).`,
      );
    }
  },
});

/** The key that a label injects, whichever it is: the one that an anonymous caller has in hand. */
function injectedKey({ deployment }: GatewayTarget): { key: string; location: SourceLocation } | undefined {
  for (const [label, { value, location }] of deployment.litellm.labels) {
    const key = /^Bearer +(\S+)$/i.exec(value)?.[1];
    if (key !== undefined && /\.headers\.customrequestheaders\.authorization$/i.test(label)) return { key, location };
  }
  return undefined;
}
