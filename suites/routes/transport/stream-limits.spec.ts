import type { Edge } from "../../../containers/targets/edge.ts";
import { forEachCase } from "../../../helpers/checks/cases.ts";
import { CheckFailure } from "../../../helpers/checks/check-failure.ts";
import type { Policy } from "../../../helpers/deployment/types.ts";
import { check } from "../../runner/check.ts";
import { type AccessCase, casesFor, hostText } from "../../support/access-cases.ts";
import { streamLimits } from "../support/stream-limits.ts";

check({
  id: "ROUTE-18/no-limit-on-streams",
  requirements: ["ROUTE-18"],
  title: "nothing in Traefik's configuration holds a stream back, or ends a call before its client would",
  needs: ["edge"],
  async run({ edge, evidence }) {
    const { text } = await edge.routers();
    const cases = streamedPaths(edge);
    if (cases.length === 0) evidence.notSupported("the policy lets no request to MCP or to a model through");
    await forEachCase(
      "a stream passes at its own pace",
      cases,
      ({ host, path, method }) => `${method} ${hostText(edge.policy, host)}${path}`,
      async ({ host, path, method }) => {
        const exchange = await edge.send({ host, path, method, bearer: edge.anyKey, headers: edge.session });
        const { router, server } = await edge.routing(exchange);
        // Whether it gets through is the subject of others.
        if (router === undefined || server === undefined) return;
        const found = streamLimits(edge.deployment.traefikModel, text, router);
        const [first] = found;
        if (first === undefined) return;
        throw new CheckFailure({ ...first, ...(found.length > 1 ? { cases: found } : {}) });
      },
    );
  },
});

/** The requests whose answers may be streams, one for each path that the policy lets through. */
function streamedPaths({ policy }: Edge): Pick<AccessCase, "host" | "path" | "method">[] {
  const paths = ({ mcp }: Policy): string[] => [mcp.endpoint, mcp.stream, "/v1/chat/completions", "/v1/responses"];
  return casesFor(policy, ["anyone", "bearer", "litellm", "login"], { methods: ["POST"], paths });
}
