import { forEachCase } from "../../../helpers/checks/cases.ts";
import { decide, isOpen } from "../../../helpers/deployment/policy/access.ts";
import { check } from "../../runner/check.ts";
import { casesFor, openRules } from "../../support/access-cases.ts";
import { expectDecision, expectReached } from "../support/edge-decisions.ts";
import { expectPageRateLimit } from "../support/page-rate-limit.ts";
import { lookAlikes, pathsBelow } from "../support/path-forms.ts";

check({
  id: "ROUTE-02/paths-below-public-prefixes",
  requirements: ["ROUTE-02"],
  title: "a path below a public prefix is public too",
  needs: ["edge"],
  async run({ edge, evidence }) {
    const { policy } = edge;
    const prefixes = openRules(policy).filter(({ pattern }) => pattern.endsWith("/**"));
    if (prefixes.length === 0) evidence.notSupported("the policy opens no path with everything below it");
    const cases = prefixes.flatMap(({ host, rule, pattern }) =>
      pathsBelow(pattern)
        .map((path) => ({ host, path, pattern, method: rule.methods?.[0] ?? "GET" }))
        // A narrower rule may come first.
        .filter((one) => isOpen(decide(policy, host, one))),
    );
    await forEachCase(
      "an anonymous request to a path below a public prefix reaches LiteLLM",
      cases,
      ({ host, path }) => `${host.name}${path}`,
      async ({ pattern, ...request }) => {
        const exchange = await edge.send(request);
        await expectReached(edge, exchange);
        const { router } = await edge.routing(exchange);
        expectPageRateLimit(edge.deployment.traefikModel, pattern, router);
      },
    );
  },
});

check({
  id: "ROUTE-03/look-alike-paths",
  requirements: ["ROUTE-03"],
  title: "a path that only looks public is refused",
  needs: ["edge"],
  async run({ edge, evidence }) {
    const { policy } = edge;
    const cases = casesFor(policy, ["bearer", "login", "nobody", "redirect"], { paths: lookAlikes });
    if (cases.length === 0)
      evidence.notSupported("no host opens paths by name and restricts others, so that no path only looks open");
    await forEachCase(
      "a path that only looks public is refused without a key, and gets through with one",
      cases,
      ({ host, path }) => `${host.name}${path}`,
      async ({ decision, ...request }) =>
        expectDecision(edge, decision, (credentials) => edge.send({ ...request, ...credentials })),
    );
  },
});
