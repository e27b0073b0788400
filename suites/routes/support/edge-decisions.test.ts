import { expect, test } from "vitest";
import type { Edge } from "../../../containers/targets/edge.ts";
import { DeadlineError } from "../../../helpers/core/deadlines.ts";
import { loadDeployment } from "../../../helpers/deployment/load.ts";
import { patchedCopy } from "../../../helpers/deployment/source/patched-copy.ts";
import { reachedRequests } from "./edge-decisions.ts";

const unreachable = patchedCopy("deployments/examples/database", [
  { file: "compose.yaml", find: "networks: [web, internal]", replace: "networks: [internal]" },
]);
const deployment = await loadDeployment(unreachable.folder);
unreachable[Symbol.dispose]();
const [host] = deployment.policy.hosts;

test.for([
  [
    "that Traefik logs",
    async () => ({ router: "litellm@docker", server: undefined, status: 499 }),
    /^litellm is on no network of traefik/,
  ],
  [
    "that Traefik does not log",
    async () => Promise.reject(new DeadlineError("the log shows it", 1, undefined)),
    /^no router forwards them/,
  ],
] as const)("requests without a response %s", async ([_, routing, cause]) => {
  const request = { method: "GET", url: "https://litellm.example.org/v1/models", headers: [] };
  const edge = {
    deployment,
    send: async () => ({ id: "one", request, error: "not within 10 s" }),
    received: () => undefined,
    routing,
  } as unknown as Edge;
  if (host === undefined) throw new Error("the example has no host");
  const reached = reachedRequests(edge, [{ host, path: "/v1/models" }]);
  await expect(reached).rejects.toMatchObject({
    details: { code: "none-reached", cause: expect.stringMatching(cause) },
  });
});
