import { forEachCase } from "../../helpers/cases.ts";
import { CheckFailure } from "../../helpers/check-failure.ts";
import { sentText } from "../../helpers/wire/exchange.ts";
import { conformance } from "../conformance.ts";
import { mustReach } from "./edge-decisions.ts";
import { privatePaths } from "./private-paths.ts";

conformance(
  ["ROUTE-05"],
  "with a Bearer credential every private path reaches LiteLLM, the header unchanged",
  async ({ edge }) => {
    const key = edge.anyKey;
    const cases = edge.policy.hosts.flatMap((host) =>
      privatePaths(edge.policy).flatMap((path) => ["GET", "POST", "DELETE"].map((method) => ({ host, path, method }))),
    );
    await forEachCase(
      "a request with a key gets through unchanged",
      cases,
      ({ host, path, method }) => `${method} ${host.name}${path}`,
      async (request) => {
        const { exchange, received } = await mustReach(edge, { ...request, bearer: key });
        const arrived = received.headers
          .filter(([name]) => name.toLowerCase() === "authorization")
          .map(([, value]) => value);
        if (arrived.length === 1 && arrived[0] === `Bearer ${key}` && received.target === request.path) return;
        throw new CheckFailure({
          what: `${request.method} ${request.path} arrived changed`,
          sent: sentText(exchange),
          received: `target ${received.target}, Authorization ${JSON.stringify(arrived)}`,
          likelyCause: "a middleware on the router for keys rewrites the path or the Authorization header",
        });
      },
    );
  },
);
