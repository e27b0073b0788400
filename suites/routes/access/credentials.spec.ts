import { forEachCase } from "../../../helpers/checks/cases.ts";
import { check } from "../../runner/check.ts";
import { onePathOf } from "../../support/access-cases.ts";
import { forgedCredentials, schemeCases } from "../support/credential-forms.ts";
import { expectReached, expectRefused } from "../support/edge-decisions.ts";

/** Why a deployment need not tell credentials apart at its edge. */
const noBearer = "no host of the policy demands a Bearer credential at Traefik";

check({
  id: "ROUTE-06/other-credentials-refused",
  requirements: ["ROUTE-06"],
  title: "a credential that is not Bearer does not get through",
  needs: ["edge"],
  async run({ edge, evidence }) {
    const own = onePathOf(edge.policy, ["bearer"]);
    if (own.length === 0) evidence.notSupported(noBearer);
    const cases = own.flatMap((one) => forgedCredentials(edge.anyKey).map((form) => ({ ...one, form })));
    await forEachCase(
      "a forged credential is refused",
      cases,
      ({ host, form }) => `${form.name} (${host.name})`,
      async ({ host, path, form: { lines, malformed = false } }) => {
        await expectRefused(edge, await edge.sendRaw({ host, path, lines }), { malformed });
      },
    );
    await forEachCase(
      "control: the same path with a valid credential reaches LiteLLM",
      own,
      ({ host }) => host.name,
      async ({ host, path }) => {
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
  async run({ edge, evidence }) {
    const own = onePathOf(edge.policy, ["bearer"]);
    if (own.length === 0) evidence.notSupported(noBearer);
    const cases = own.flatMap((one) => schemeCases(edge.anyKey).map((form) => ({ ...one, form })));
    await forEachCase(
      "the scheme in another letter case gets through",
      cases,
      ({ host, form }) => `${form.name} (${host.name})`,
      async ({ host, path, form: { lines } }) => {
        await expectReached(edge, await edge.sendRaw({ host, path, lines }));
      },
    );
  },
});
