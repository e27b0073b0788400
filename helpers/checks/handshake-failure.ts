import { argumentsOf } from "../deployment/infer/edge/probe-paths.ts";
import type { Exchange } from "../protocol/exchange.ts";
import type { FailureDetails } from "./check-failure.ts";
import { exchangeEvidence } from "./evidence.ts";
import { followsLoading, type RoutedDeployment } from "./routing-causes.ts";

/**
 * The failure of a request that Traefik did not get, because it ended the TLS handshake: for a router with TLS options that nothing
 * defines, for a name without a certificate where `sniStrict` is set, or because client and options have no version in common.
 */
export function handshakeFailure(
  { traefikModel: model, policy }: RoutedDeployment,
  exchange: Exchange,
): FailureDetails {
  const [url = ""] = exchange.request.url.split(" ");
  const { hostname } = new URL(url);
  const routers = model.routers.filter(
    ({ rule }) => rule !== undefined && argumentsOf(rule, ["Host"]).some((name) => name.toLowerCase() === hostname),
  );
  const names = new Set(routers.map(({ name, provider }) => `${name}@${provider}`));
  const unknown = model.problems.find(
    ({ scope, what }) => scope.kind === "router" && names.has(scope.name) && what.includes("the TLS options"),
  );
  const written = routers.flatMap((router) => router.options.get("tls.options") ?? [])[0];
  const location = written?.location ?? policy.hosts.find(({ name }) => name === hostname)?.location;
  return {
    summary: `${exchange.request.method} ${exchange.request.url} is not answered: Traefik ends the TLS handshake`,
    code: "tls-handshake",
    expected: "a connection by TLS",
    actual: exchange.error ?? "no connection",
    cause:
      "Traefik has no certificate for this name and sniStrict is set, or its TLS options allow no version of this client's",
    ...(location === undefined ? {} : { location }),
    ...(unknown === undefined
      ? {}
      : {
          cause: `${unknown.what}: ${unknown.effect}`,
          location: unknown.location,
          fix: unknown.fix,
          ...followsLoading,
        }),
    evidence: exchangeEvidence(exchange),
  };
}
