import { forEachCase } from "../../../helpers/checks/cases.ts";
import { CheckFailure } from "../../../helpers/checks/check-failure.ts";
import { exchangeEvidence } from "../../../helpers/checks/evidence.ts";
import { receivedText, sentText } from "../../../helpers/protocol/exchange.ts";
import { check } from "../../runner/check.ts";

check({
  id: "ROUTE-01/public-paths-at-litellm",
  requirements: ["ROUTE-01"],
  title: "LiteLLM itself answers each public path with the policy's status to a caller without a key",
  needs: ["gateway", "access-log"],
  async run({ gateway }) {
    const cases = gateway.policy.hosts.flatMap((host) =>
      gateway.policy.publicPaths.map(({ path, statuses, location }) => ({ host, path, statuses, location })),
    );
    await forEachCase(
      "a public path is served through the whole chain",
      cases,
      ({ host, path }) => `${host.name}${path}`,
      async ({ host, path, statuses, location }) => {
        const exchange = await gateway.send({ host, path });
        const found = exchange.response?.status;
        const { server } = await gateway.routing(exchange);
        if (found !== undefined && server !== undefined && statuses.includes(found)) return;
        throw new CheckFailure({
          summary: `${server === undefined ? "Traefik" : "LiteLLM"} answers ${found ?? "nothing"}, where the policy has LiteLLM answer ${statuses.join(" or ")}`,
          evidence: exchangeEvidence(exchange),

          cause: causeOf(found, server !== undefined),
          location,
        });
      },
    );
  },
});

function causeOf(status: number | undefined, reached: boolean): string {
  if (!reached) return "no router leads it to LiteLLM";
  if (status === 404)
    return "LiteLLM serves nothing there: an option (DOCS_URL, a root path) moves it, or this version has it elsewhere";
  return "LiteLLM demands a key for it, or this version answers otherwise";
}
