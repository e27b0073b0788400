import { forEachCase } from "../../../helpers/checks/cases.ts";
import { CheckFailure } from "../../../helpers/checks/check-failure.ts";
import { exchangeEvidence } from "../../../helpers/checks/evidence.ts";
import { receivedText, sentText } from "../../../helpers/protocol/exchange.ts";
import { check } from "../../runner/check.ts";
import { mustHaveReached, mustHaveRefused, mustReach } from "../support/edge-decisions.ts";
import { locationOf } from "../support/router-locations.ts";

check({
  id: "ROUTE-10/unknown-host",
  requirements: ["ROUTE-10"],
  title: "an unknown host reaches nothing",
  needs: ["edge"],
  async run({ edge }) {
    const [open] = edge.policy.publicPaths;
    if (open === undefined) throw new CheckFailure({ summary: "the policy names no public path" });
    const injected = edge.policy.injectedRoutes.map(({ path }) => path);
    const cases = edge.policy.hosts.flatMap((host) =>
      [
        `unknown.${host.name}`,
        `${host.name}.unknown.example`,
        `x${host.name}`,
        "unknown.example",
        "127.0.0.1",
        "localhost",
        "traefik",
      ].flatMap((name) => [open.path, "/v1/models", ...injected].map((path) => ({ host, name, path }))),
    );
    await forEachCase(
      "a request to an unknown host is refused, with a key too",
      cases,
      ({ host, name, path }) => `${name}${path} (entry point ${host.entryPoint})`,
      async ({ host, name, path }) => {
        const lines = [`Host: ${name}`, `Authorization: Bearer ${edge.anyKey}`];
        await mustHaveRefused(edge, await edge.sendRaw({ host, path, lines }));
      },
    );
  },
});

check({
  id: "ROUTE-10/host-forms",
  requirements: ["ROUTE-10"],
  title: "a known host matches in any letter case, with and without a port",
  needs: ["edge"],
  async run({ edge }) {
    const cases = edge.policy.hosts.flatMap((host) =>
      [
        host.name,
        host.name.toUpperCase(),
        `${host.name}:${host.scheme === "https" ? 443 : 80}`,
        `${host.name}:8443`,
      ].map((name) => ({ host, name })),
    );
    await forEachCase(
      "a spelling of a known host gets through with a key",
      cases,
      ({ name }) => name,
      async ({ host, name }) => {
        const lines = [`Host: ${name}`, `Authorization: Bearer ${edge.anyKey}`];
        await mustHaveReached(edge, await edge.sendRaw({ host, path: "/v1/models", lines }));
      },
    );
  },
});

check({
  id: "ROUTE-10/absolute-request-target",
  requirements: ["ROUTE-10"],
  title: "an absolute request target is routed by its own host",
  needs: ["edge"],
  async run({ edge }) {
    await forEachCase(
      "an absolute target with an unknown host is refused, whatever Host says",
      edge.policy.hosts,
      ({ name }) => name,
      async (host) => {
        const lines = [`Authorization: Bearer ${edge.anyKey}`];
        // RFC 9112 §3.2.2: a server must ignore Host where the target is absolute.
        const target = `${host.scheme}://unknown.example/v1/models`;
        await mustHaveRefused(edge, await edge.sendRaw({ host, path: "/v1/models", target, lines }));
        const own = `${host.scheme}://${host.name}/v1/models`;
        await mustHaveReached(edge, await edge.sendRaw({ host, path: "/v1/models", target: own, lines }));
      },
    );
  },
});

check({
  id: "ROUTE-10/own-entry-point-only",
  requirements: ["ROUTE-10"],
  title: "a known host is served on its own entry point only",
  needs: ["edge"],
  async run({ edge }) {
    const [open] = edge.policy.publicPaths;
    if (open === undefined) throw new CheckFailure({ summary: "the policy names no public path" });
    const injected = edge.policy.injectedRoutes.map(({ path }) => path);
    const ports = new Map(
      edge.policy.hosts.map(({ entryPoint, scheme }) => [entryPoint, scheme === "https" ? 443 : 80]),
    );
    // Where all hosts share one entry point there is no other to be reached by.
    if (ports.size === 1) return;
    const elsewhere = edge.policy.hosts.flatMap((host) =>
      [...ports]
        .filter(([entryPoint]) => entryPoint !== host.entryPoint)
        // A router without TLS answers in plain text on an entry point that others use with it, and the other way round.
        .flatMap(([entryPoint, port]) =>
          (["http", "https"] as const).map((scheme) => ({ host, entryPoint, port, scheme })),
        ),
    );
    await forEachCase(
      "a request on another entry point reaches nothing, with a key too",
      elsewhere.flatMap((one) => [open.path, "/v1/models", ...injected].map((path) => ({ ...one, path }))),
      ({ host, entryPoint, scheme, path }) => `${scheme}://${host.name}${path} (entry point ${entryPoint})`,
      async ({ host, port, scheme, path }) => {
        const own = { ...host, scheme, name: `${host.name}:${port}` };
        const exchange = await edge.send({ host: own, path, bearer: edge.anyKey });
        const received = edge.received(exchange);
        if (received === undefined) return;
        const { router } = await edge.routing(exchange);
        const location = locationOf(edge.deployment, router);
        throw new CheckFailure({
          summary: `${exchange.request.url} gets through to LiteLLM`,
          evidence: exchangeEvidence(exchange),

          cause: `the router ${router} names no entry point, so it listens on all of them`,
          ...(location === undefined ? {} : { location }),
        });
      },
    );
    await Promise.all(edge.policy.hosts.map((host) => mustReach(edge, { host, path: open.path, bearer: edge.anyKey })));
  },
});
