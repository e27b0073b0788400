import { forEachCase } from "../../../helpers/checks/cases.ts";
import { CheckFailure } from "../../../helpers/checks/check-failure.ts";
import { exchangeEvidence } from "../../../helpers/checks/evidence.ts";
import { causeOfNoRedirection } from "../../../helpers/deployment/traefik/causes.ts";
import type { PolicyHost } from "../../../helpers/deployment/types.ts";
import { header } from "../../../helpers/protocol/exchange.ts";
import { check } from "../../runner/check.ts";
import { casesFor, hostText } from "../../support/access-cases.ts";
import { answerFrom } from "../../support/answers.ts";
import { fieldsOf, locationOf } from "../../support/router-locations.ts";
import { expectRefused } from "../support/edge-decisions.ts";

check({
  id: "ROUTE-04/redirects-only",
  requirements: ["ROUTE-04"],
  title: "where the policy only redirects, every request is redirected and none reaches LiteLLM, with a key too",
  needs: ["edge"],
  async run({ edge, evidence }) {
    const { policy } = edge;
    const cases = casesFor(policy, ["redirect"], { methods: ["GET", "POST"] });
    if (cases.length === 0) evidence.notSupported("the policy redirects nothing");
    await forEachCase(
      "a request is answered with the redirect that the policy names",
      cases.flatMap((one) => [undefined, edge.anyKey].map((bearer) => ({ ...one, bearer }))),
      ({ host, path, method, bearer }) =>
        `${method} ${hostText(policy, host)}${path}${bearer === undefined ? "" : " with a key"}`,
      async ({ host, path, method, bearer, decision }) => {
        const exchange = await edge.send({ host, path, method, ...(bearer === undefined ? {} : { bearer }) });
        await expectRefused(edge, exchange);
        const status = exchange.response?.status ?? 0;
        const found = header(exchange.response?.headers, "location");
        const isMeant = decision.statuses.includes(status) && found !== undefined;
        if (isMeant && leadsTo(decision.to, found, host, path)) return;
        const { router } = await edge.routing(exchange);
        const location = locationOf(edge.deployment, router) ?? decision.location;
        const known = causeOfNoRedirection(edge.deployment.traefikModel, host.entryPoint);
        throw new CheckFailure({
          summary: `${method} ${path} is answered ${status}${found === undefined ? "" : ` with Location ${found}`}`,
          code: isMeant ? "other-address" : "not-redirected",
          expected: `${decision.statuses.join(" or ")} to ${decision.to === "https" ? `https://${host.name}${path}` : decision.to}`,
          actual: found === undefined ? answerFrom("Traefik", exchange) : `${status} to ${found}`,
          evidence: exchangeEvidence(exchange),
          cause:
            router === undefined
              ? "no router and no redirection of the entry point takes this request"
              : `the router ${router} took it`,
          location,
          ...(known === undefined || isMeant ? {} : fieldsOf(known)),
        });
      },
    );
  },
});

/** Whether a `Location` is the one that the policy means: the same host and path by https, or below an address. */
function leadsTo(to: string, found: string, { name }: PolicyHost, path: string): boolean {
  if (to !== "https") return found.startsWith(to);
  if (!URL.canParse(found)) return false;
  const { protocol, hostname } = new URL(found);
  return protocol === "https:" && hostname === name && found.endsWith(path);
}
