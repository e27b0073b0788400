import type { Edge } from "../../../containers/targets/edge.ts";
import { forEachCase } from "../../../helpers/checks/cases.ts";
import { CheckFailure } from "../../../helpers/checks/check-failure.ts";
import { exchangeEvidence } from "../../../helpers/checks/evidence.ts";
import { originOf, portOfHost } from "../../../helpers/deployment/services/origins.ts";
import { check } from "../../runner/check.ts";
import { casesFor, hostsWith, hostText, onePathOf, servingHosts } from "../../support/access-cases.ts";
import { answerFrom } from "../../support/answers.ts";
import { locationOf } from "../../support/router-locations.ts";
import { expectReached, expectRefused } from "../support/edge-decisions.ts";

/** Who lets a request with a key through. */
const withKey = ["bearer", "litellm"] as const;
const noKeys = "no host of the policy takes keys: what it does not open needs a login, or is for nobody";

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
  async run({ edge, evidence }) {
    if (hostsWith(edge.policy, ...withKey).length === 0) evidence.notSupported(noKeys);
    const cases = onePathOf(edge.policy, withKey).flatMap(({ host, path }) =>
      [
        host.name,
        host.name.toUpperCase(),
        // The port by which clients call it: no client sends another one, which a middleware may redirect.
        `${host.name}:${portOfHost(edge.deployment, host)}`,
      ].map((name) => ({
        host,
        path,
        name,
      })),
    );
    await forEachCase(
      "each spelling of a known host gets through with a key",
      cases,
      ({ name }) => name,
      async ({ host, path, name }) => {
        const lines = [`Host: ${name}`, `Authorization: Bearer ${edge.anyKey}`];
        await expectReached(edge, await edge.sendRaw({ host, path, lines }));
      },
    );
  },
});

check({
  id: "ROUTE-10/absolute-request-target",
  requirements: ["ROUTE-10"],
  title: "an absolute request target is routed by its own host",
  needs: ["edge"],
  async run({ edge, evidence }) {
    if (hostsWith(edge.policy, ...withKey).length === 0) evidence.notSupported(noKeys);
    await forEachCase(
      "an absolute target with an unknown host is refused, whatever Host says",
      onePathOf(edge.policy, withKey),
      ({ host }) => host.name,
      async ({ host, path }) => {
        const lines = [`Authorization: Bearer ${edge.anyKey}`];
        // RFC 9112 §3.2.2: a server must ignore Host where the target is absolute.
        const target = `${host.scheme}://unknown.example${path}`;
        await expectRefused(edge, await edge.sendRaw({ host, path, target, lines }));
        const own = `${originOf(edge.deployment, host)}${path}`;
        await expectReached(edge, await edge.sendRaw({ host, path, target: own, lines }));
      },
    );
  },
});

check({
  id: "ROUTE-10/own-entry-point-only",
  requirements: ["ROUTE-10"],
  title: "a known host is served on its own entry point only",
  needs: ["edge"],
  async run({ edge, evidence }) {
    const paths = pathsOfEachKind(edge);
    const { hosts } = edge.policy;
    const ports = new Map(hosts.map((host) => [host.entryPoint, portOfHost(edge.deployment, host)]));
    const elsewhere = servingHosts(edge.policy).flatMap((host) =>
      [...ports]
        // A name that the policy has on several entry points is known on each of them.
        .filter(([entryPoint]) => !hosts.some((one) => one.name === host.name && one.entryPoint === entryPoint))
        // A router without TLS answers plain text on an entry point where others use TLS, and vice versa.
        .flatMap(([entryPoint, port]) =>
          (["http", "https"] as const).map((scheme) => ({ host, entryPoint, port, scheme })),
        ),
    );
    if (elsewhere.length === 0)
      evidence.notSupported("the policy has each of its hosts on every entry point that it names");
    await forEachCase(
      "a request on another entry point reaches nothing, also with a key",
      elsewhere.flatMap((one) => paths.map((path) => ({ ...one, path }))),
      ({ host, entryPoint, scheme, path }) => `${scheme}://${host.name}${path} (entry point ${entryPoint})`,
      async ({ host, entryPoint, port, scheme, path }) => {
        const onPort = { ...host, scheme, port };
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
    await forEachCase(
      "control: each host answers on its own entry point",
      onePathOf(edge.policy, serving),
      ({ host }) => hostText(edge.policy, host),
      async ({ host, path }) => {
        const request = { host, path, bearer: edge.anyKey, headers: edge.session };
        await expectReached(edge, await edge.send(request));
      },
    );
  },
});

/** Who lets at least some requests through. */
const serving = ["anyone", "bearer", "litellm", "login", "injected"] as const;

/** One path of each kind that the policy lets through, and every injected route: each kind has routers of its own. */
function pathsOfEachKind({ policy }: Edge): string[] {
  const one = serving.flatMap((who) => onePathOf(policy, [who]).slice(0, 1));
  const paths = new Set([...one, ...casesFor(policy, ["injected"])].map(({ path }) => path));
  // Where no known host leads to LiteLLM, an unknown one still must not.
  return paths.size > 0 ? [...paths] : [policy.mcp.endpoint];
}
