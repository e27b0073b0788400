import { forEachCase } from "../../../helpers/checks/cases.ts";
import { check } from "../../runner/check.ts";
import { expectReached, expectRefused } from "../support/edge-decisions.ts";
import { lookAlikes, pathsBelow } from "../support/path-forms.ts";

check({
  id: "ROUTE-02/paths-below-public-prefixes",
  requirements: ["ROUTE-02"],
  title: "a path below a public prefix is public too",
  needs: ["edge"],
  async run({ edge }) {
    const cases = edge.policy.hosts.flatMap((host) => pathsBelow(edge.policy).map((path) => ({ host, path })));
    await forEachCase(
      "an anonymous request to a path below a public prefix reaches LiteLLM",
      cases,
      ({ host, path }) => `${host.name}${path}`,
      async (request) => {
        await expectReached(edge, await edge.send(request));
      },
    );
  },
});

check({
  id: "ROUTE-03/look-alike-paths",
  requirements: ["ROUTE-03"],
  title: "a path that only looks public is refused",
  needs: ["edge"],
  async run({ edge }) {
    const cases = edge.policy.hosts.flatMap((host) => lookAlikes(edge.policy).map((path) => ({ host, path })));
    await forEachCase(
      "a path that only looks public is refused without a key, and gets through with one",
      cases,
      ({ host, path }) => `${host.name}${path}`,
      async (request) => {
        await expectRefused(edge, await edge.send(request));
        await expectReached(edge, await edge.send({ ...request, bearer: edge.anyKey }));
      },
    );
  },
});
