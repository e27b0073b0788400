import { forEachCase } from "../../helpers/cases.ts";
import { CheckFailure } from "../../helpers/check-failure.ts";
import { receivedText, sentText } from "../../helpers/wire/exchange.ts";
import { conformance } from "../conformance.ts";

conformance(
  ["ROUTE-01"],
  "LiteLLM itself answers each public path with the policy's status, to whoever has no key",
  async ({ gateway }) => {
    const cases = gateway.policy.hosts.flatMap((host) =>
      gateway.policy.publicPaths.map(({ path, statuses, place }) => ({ host, path, statuses, place })),
    );
    await forEachCase(
      "a public path is served through the whole chain",
      cases,
      ({ host, path }) => `${host.name}${path}`,
      async ({ host, path, statuses, place }) => {
        const exchange = await gateway.send({ host, path });
        const found = exchange.response?.status;
        if (found !== undefined && statuses.includes(found)) return;
        throw new CheckFailure({
          what: `the answer is ${found ?? "none"}, where the policy says ${statuses.join(" or ")}`,
          sent: sentText(exchange),
          received: receivedText(exchange),
          likelyCause:
            found === 404
              ? "LiteLLM serves nothing there: an option (DOCS_URL, a root path) moves it, or this version has it elsewhere"
              : "LiteLLM demands a key for it, or this version answers otherwise",
          place,
        });
      },
    );
  },
);
