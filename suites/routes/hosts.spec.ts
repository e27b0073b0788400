import { forEachCase } from "../../helpers/cases.ts";
import { CheckFailure } from "../../helpers/check-failure.ts";
import { conformance } from "../conformance.ts";
import { mustHaveReached, mustHaveRefused } from "./edge-decisions.ts";

conformance(["ROUTE-10"], "an unknown host reaches nothing", async ({ edge }) => {
  const [open] = edge.policy.publicPaths;
  if (open === undefined) throw new CheckFailure({ what: "the policy names no public path" });
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
});

conformance(["ROUTE-10"], "a known host matches without regard to case, with a port and without", async ({ edge }) => {
  const cases = edge.policy.hosts.flatMap((host) =>
    [host.name, host.name.toUpperCase(), `${host.name}:${host.scheme === "https" ? 443 : 80}`, `${host.name}:8443`].map(
      (name) => ({ host, name }),
    ),
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
});

conformance(["ROUTE-10"], "an absolute request target counts by its own host", async ({ edge }) => {
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
});
