import type { Edge } from "../../../containers/targets/edge.ts";
import { forEachCase } from "../../../helpers/checks/cases.ts";
import { CheckFailure } from "../../../helpers/checks/check-failure.ts";
import { exchangeEvidence } from "../../../helpers/checks/evidence.ts";
import type { PolicyHost } from "../../../helpers/deployment/types.ts";
import { check } from "../../runner/check.ts";
import { answerFrom } from "../../support/answers.ts";
import { locationOf } from "../../support/router-locations.ts";
import { expectReached, expectRefused } from "../support/edge-decisions.ts";
import { anyPublicPath } from "../support/public-paths.ts";

check({
  id: "ROUTE-10/unknown-host",
  requirements: ["ROUTE-10"],
  title: "an unknown host reaches nothing",
  needs: ["edge"],
  async run({ edge }) {
    const paths = pathsOfEachKind(edge);
    const cases = edge.policy.hosts.flatMap((host) =>
      [
        `unknown.${host.name}`,
        `${host.name}.unknown.example`,
        `x${host.name}`,
        "unknown.example",
        "127.0.0.1",
        "localhost",
        "traefik",
      ].flatMap((name) => paths.map((path) => ({ host, name, path }))),
    );
    await forEachCase(
      "a request to an unknown host is refused, also with a key",
      cases,
      ({ host, name, path }) => `${name}${path} (entry point ${host.entryPoint})`,
      async ({ host, name, path }) => {
        const lines = [`Host: ${name}`, `Authorization: Bearer ${edge.anyKey}`];
        await expectRefused(edge, await edge.sendRaw({ host, path, lines }));
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
      [host.name, host.name.toUpperCase(), `${host.name}:${portOf(host)}`, `${host.name}:8443`].map((name) => ({
        host,
        name,
      })),
    );
    await forEachCase(
      "each spelling of a known host gets through with a key",
      cases,
      ({ name }) => name,
      async ({ host, name }) => {
        const lines = [`Host: ${name}`, `Authorization: Bearer ${edge.anyKey}`];
        await expectReached(edge, await edge.sendRaw({ host, path: "/v1/models", lines }));
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
        await expectRefused(edge, await edge.sendRaw({ host, path: "/v1/models", target, lines }));
        const own = `${host.scheme}://${host.name}/v1/models`;
        await expectReached(edge, await edge.sendRaw({ host, path: "/v1/models", target: own, lines }));
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
    const paths = pathsOfEachKind(edge);
    const ports = new Map(edge.policy.hosts.map((host) => [host.entryPoint, portOf(host)]));
    // Where all hosts share one entry point, there is no other one to reach them on.
    if (ports.size === 1) return;
    const elsewhere = edge.policy.hosts.flatMap((host) =>
      [...ports]
        .filter(([entryPoint]) => entryPoint !== host.entryPoint)
        // A router without TLS answers plain text on an entry point where others use TLS, and vice versa.
        .flatMap(([entryPoint, port]) =>
          (["http", "https"] as const).map((scheme) => ({ host, entryPoint, port, scheme })),
        ),
    );
    await forEachCase(
      "a request on another entry point reaches nothing, also with a key",
      elsewhere.flatMap((one) => paths.map((path) => ({ ...one, path }))),
      ({ host, entryPoint, scheme, path }) => `${scheme}://${host.name}${path} (entry point ${entryPoint})`,
      async ({ host, entryPoint, port, scheme, path }) => {
        const onPort = { ...host, scheme, name: `${host.name}:${port}` };
        const exchange = await edge.send({ host: onPort, path, bearer: edge.anyKey });
        if (edge.received(exchange) === undefined) return;
        const { router } = await edge.routing(exchange);
        const location = locationOf(edge.deployment, router);
        throw new CheckFailure({
          summary: `${exchange.request.url} reaches LiteLLM`,
          code: "other-entry-point",
          expected: `nothing of ${host.name} on entry point ${entryPoint}`,
          actual: answerFrom("LiteLLM", exchange),
          evidence: exchangeEvidence(exchange),
          cause: `the router ${router} names no entry point, so it listens on all of them`,
          ...(location === undefined ? {} : { location }),
          fix: `set the router's entrypoints to ${host.entryPoint}`,
        });
      },
    );
    const [path = "/"] = paths;
    await forEachCase(
      "control: each host answers on its own entry point",
      edge.policy.hosts,
      ({ name }) => name,
      async (host) => {
        await expectReached(edge, await edge.send({ host, path, bearer: edge.anyKey }));
      },
    );
  },
});

/** One public path, one private path and every injected route: each kind has routers of its own. */
function pathsOfEachKind({ policy }: Edge): string[] {
  return [anyPublicPath(policy).path, "/v1/models", ...policy.injectedRoutes.map(({ path }) => path)];
}

function portOf({ scheme }: PolicyHost): number {
  return scheme === "https" ? 443 : 80;
}
