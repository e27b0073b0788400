import { forEachCase } from "../../../helpers/checks/cases.ts";
import { CheckFailure } from "../../../helpers/checks/check-failure.ts";
import { exchangeEvidence } from "../../../helpers/checks/evidence.ts";
import { originOf, portOfHost } from "../../../helpers/deployment/services/origins.ts";
import type { TraefikModel } from "../../../helpers/deployment/traefik/model.ts";
import type { SourceLocation } from "../../../helpers/deployment/types.ts";
import { header } from "../../../helpers/protocol/exchange.ts";
import { check } from "../../runner/check.ts";
import { onePathOf } from "../../support/access-cases.ts";
import { dynamicOptionsNamed } from "../../support/traefik-options.ts";
import { reachedRequests } from "../support/edge-decisions.ts";

check({
  id: "ROUTE-22/host-arrives",
  requirements: ["ROUTE-22"],
  title: "LiteLLM receives the host and the port that the client used",
  needs: ["edge"],
  async run({ edge, evidence }) {
    const { policy, deployment } = edge;
    const requests = [
      ...onePathOf(policy, ["anyone", "injected"]).map(({ host, path }) => ({ host, path })),
      ...onePathOf(policy, ["bearer", "litellm"]).map(({ host, path }) => ({ host, path, bearer: edge.anyKey })),
      ...onePathOf(policy, ["login"]).map(({ host, path }) => ({ host, path, headers: edge.session })),
    ];
    if (requests.length === 0) evidence.notSupported("the policy lets no request through");
    await forEachCase(
      "Host and X-Forwarded-Port are those of the client's request",
      await reachedRequests(edge, requests),
      ({ request: { host, path } }) => `${host.scheme}://${host.name}${path}`,
      async ({ request: { host }, exchange, received }) => {
        const due = [
          ["Host", new URL(originOf(deployment, host)).host],
          ["X-Forwarded-Port", String(portOfHost(deployment, host))],
        ] as const;
        const wrong = due.find(([name, value]) => header(received.headers, name)?.toLowerCase() !== value);
        if (wrong === undefined) return;
        const [name, value] = wrong;
        const arrived = header(received.headers, name);
        const written = optionThatSets(deployment.traefikModel, name);
        throw new CheckFailure({
          summary: `LiteLLM receives ${arrived === undefined ? `no ${name}` : `${name}: ${arrived}`}`,
          code: "other-host",
          expected: `${name}: ${value}`,
          actual: arrived === undefined ? "none" : `${name}: ${arrived}`,
          evidence: exchangeEvidence(exchange),
          cause:
            name === "Host" && written?.isPassHostHeader
              ? "passHostHeader is false: Traefik sends the address of the server, and LiteLLM's redirects lead there"
              : `a middleware sets ${name} (customRequestHeaders)`,
          location: written?.location ?? deployment.litellm.location,
          fix:
            name === "Host" && written?.isPassHostHeader
              ? "remove passHostHeader, or set it to true"
              : `remove ${name} from the middleware`,
        });
      },
    );
  },
});

function optionThatSets(
  model: TraefikModel,
  name: string,
): { location: SourceLocation; isPassHostHeader: boolean } | undefined {
  const [pass] = dynamicOptionsNamed(model, "loadBalancer", "passHostHeader").filter(
    ({ value }) => value.toLowerCase() === "false",
  );
  if (name === "Host" && pass !== undefined) return { location: pass.location, isPassHostHeader: true };
  const [set] = dynamicOptionsNamed(model, "headers", "customRequestHeaders", name);
  return set && { location: set.location, isPassHostHeader: false };
}
