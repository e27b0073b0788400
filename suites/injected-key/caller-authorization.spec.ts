import { forEachCase } from "../../helpers/checks/cases.ts";
import { CheckFailure } from "../../helpers/checks/check-failure.ts";
import { exchangeEvidence } from "../../helpers/checks/evidence.ts";
import { check } from "../runner/check.ts";
import { arrivedCredentials, injectedRequests, whyNotInjected } from "./support/injected-routes.ts";

/** A key of the caller that LiteLLM would not know. */
const own = "Bearer sk-the-callers-own";

/** Ways in which a caller may send a credential of its own. */
const forms: readonly { name: string; lines: readonly string[] }[] = [
  { name: "the caller's Bearer", lines: [`Authorization: ${own}`] },
  { name: "the caller's Basic", lines: ["Authorization: Basic bm9ib2R5Om5vdGhpbmc="] },
  { name: "the caller's header twice", lines: [`Authorization: ${own}`, "Authorization: Bearer sk-another"] },
  { name: "the caller's header in lower case", lines: [`authorization: ${own}`] },
  {
    name: "the caller's header named in Connection",
    lines: ["Connection: close, Authorization", `Authorization: ${own}`],
  },
];

check({
  id: "INJ-05/caller-authorization-replaced",
  requirements: ["INJ-05"],
  title: "the caller's own Authorization is replaced on the injected route, and exactly one value arrives",
  needs: ["edge"],
  async run({ edge, evidence }) {
    const cases = injectedRequests(edge.policy, evidence).flatMap((one) => forms.map((form) => ({ ...one, ...form })));
    await forEachCase(
      "only the injected key arrives",
      cases,
      ({ host, name }) => `${name} (${host.name})`,
      async ({ route, host, lines }) => {
        const exchange = await edge.sendRaw({ host, path: route.path, lines });
        const arrived = arrivedCredentials(edge, exchange);
        const anonymous = await edge.send({ host, path: route.path });
        const [injected] = arrivedCredentials(edge, anonymous);
        if (arrived.length === 1 && injected !== undefined && arrived[0] === injected) return;
        const isAmongThem = injected !== undefined && arrived.includes(injected);
        throw new CheckFailure({
          summary: `${arrived.length} Authorization values arrive, ${isAmongThem ? "one of them the injected key" : "none of them the injected key"}`,
          code: "not-replaced",
          expected: "exactly one Authorization value at LiteLLM: the injected key",
          actual: JSON.stringify(arrived),
          evidence: exchangeEvidence(exchange, anonymous),
          ...(await whyNotInjected(edge, exchange, route)),
        });
      },
    );
  },
});
