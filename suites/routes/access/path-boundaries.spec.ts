import { forEachCase } from "../../../helpers/checks/cases.ts";
import { conformance } from "../../runner/conformance.ts";
import { mustReach, mustRefuse } from "../support/edge-decisions.ts";
import { lookAlikes, pathsBelow } from "../support/path-forms.ts";

conformance(["ROUTE-02"], "what lies under a public prefix is public too", async ({ edge }) => {
  const cases = edge.policy.hosts.flatMap((host) => pathsBelow(edge.policy).map((path) => ({ host, path })));
  await forEachCase(
    "a path under a public prefix answers an anonymous request",
    cases,
    ({ host, path }) => `${host.name}${path}`,
    async (request) => {
      await mustReach(edge, request);
    },
  );
});

conformance(["ROUTE-03"], "a path that only looks like a public one is not", async ({ edge }) => {
  const cases = edge.policy.hosts.flatMap((host) => lookAlikes(edge.policy).map((path) => ({ host, path })));
  await forEachCase(
    "a look-alike is refused without a key, and gets through with one",
    cases,
    ({ host, path }) => `${host.name}${path}`,
    async (request) => {
      await mustRefuse(edge, request);
      await mustReach(edge, { ...request, bearer: edge.anyKey });
    },
  );
});
