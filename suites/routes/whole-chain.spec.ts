import { forEachCase } from "../../helpers/cases.ts";
import { CheckFailure } from "../../helpers/check-failure.ts";
import { receivedText, sentText } from "../../helpers/wire/exchange.ts";
import { conformance } from "../conformance.ts";
import { placeOf } from "../router-places.ts";
import { privatePaths } from "./private-paths.ts";

conformance(
  ["ROUTE-17"],
  "through the whole chain no anonymous request to a private path returns LiteLLM's data",
  async ({ gateway }) => {
    const control = await gateway.send({ path: "/v1/models", bearer: gateway.masterKey });
    if (control.response?.status !== 200 || !control.response.body.includes('"data"')) {
      throw new CheckFailure({
        what: "the control fails: with the master key LiteLLM's list of models does not come through Traefik",
        sent: sentText(control),
        received: receivedText(control),
        likelyCause: "no route leads to LiteLLM, or LiteLLM does not accept the key",
      });
    }
    const cases = gateway.policy.hosts.flatMap((host) =>
      privatePaths(gateway.policy).flatMap((path) =>
        ["GET", "POST"].map((method) => ({ host, path, method, ...(method === "POST" ? { body: "{}" } : {}) })),
      ),
    );
    await forEachCase(
      "an anonymous request is refused before LiteLLM",
      cases,
      ({ host, path, method }) => `${method} ${host.name}${path}`,
      async (request) => {
        const exchange = await gateway.send({ ...request, headers: [["Content-Type", "application/json"]] });
        const { router, server } = await gateway.routing(exchange);
        if (server === undefined && exchange.response !== undefined && exchange.response.status >= 400) return;
        const place = placeOf(gateway.deployment, router);
        throw new CheckFailure({
          what: "LiteLLM itself answered an anonymous request",
          sent: sentText(exchange),
          received: receivedText(exchange),
          likelyCause: `the router ${router} hands it to LiteLLM`,
          ...(place === undefined ? {} : { place }),
        });
      },
    );
  },
);
