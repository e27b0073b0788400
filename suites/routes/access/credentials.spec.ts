import { forEachCase } from "../../../helpers/checks/cases.ts";
import { check } from "../../runner/check.ts";
import { forgedCredentials, schemeCases } from "../support/credential-forms.ts";
import { expectReached, expectRefused } from "../support/edge-decisions.ts";

/** A path that needs a credential on any deployment. */
const path = "/v1/models";

check({
  id: "ROUTE-06/other-credentials-refused",
  requirements: ["ROUTE-06"],
  title: "a credential that is not Bearer does not get through",
  needs: ["edge"],
  async run({ edge }) {
    const cases = edge.policy.hosts.flatMap((host) => forgedCredentials(edge.anyKey).map((form) => ({ host, form })));
    await forEachCase(
      "a forged credential is refused",
      cases,
      ({ host, form }) => `${form.name} (${host.name})`,
      async ({ host, form: { lines, malformed = false } }) => {
        await expectRefused(edge, await edge.sendRaw({ host, path, lines }), { malformed });
      },
    );
    await forEachCase(
      "control: the same path with a valid credential reaches LiteLLM",
      edge.policy.hosts,
      ({ name }) => name,
      async (host) => {
        await expectReached(edge, await edge.send({ host, path, bearer: edge.anyKey }));
      },
    );
  },
});

check({
  id: "ROUTE-07/scheme-case",
  requirements: ["ROUTE-07"],
  title: "the Bearer scheme is matched in any letter case",
  needs: ["edge"],
  async run({ edge }) {
    const cases = edge.policy.hosts.flatMap((host) => schemeCases(edge.anyKey).map((form) => ({ host, form })));
    await forEachCase(
      "the scheme in another letter case gets through",
      cases,
      ({ host, form }) => `${form.name} (${host.name})`,
      async ({ host, form: { lines } }) => {
        await expectReached(edge, await edge.sendRaw({ host, path, lines }));
      },
    );
  },
});
