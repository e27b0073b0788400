import { expect, test } from "vitest";
import { forEachCase } from "../../helpers/checks/cases.ts";
import { CheckFailure, type FailureDetails } from "../../helpers/checks/check-failure.ts";
import { loadDeployment } from "../../helpers/deployment/load.ts";
import { patchedCopy } from "../../helpers/deployment/source/patched-copy.ts";
import type { Exchange } from "../../helpers/protocol/exchange.ts";
import { withUnservedRequest } from "./unserved-request.ts";

const deployment = await loadDeployment("deployments/reference");

function exchange(id: string, status: number, body: string, change: Partial<Exchange["request"]> = {}): Exchange {
  const headers = [["Authorization", "Bearer sk-any"]] as const;
  const request = { method: "POST", url: "http://litellm.linuxserver.lan/mcp/", headers, ...change };
  return { id, request, response: { status, headers: [], body, endAfter: 1 } } as unknown as Exchange;
}

const notFound = exchange("one", 404, "404 page not found\n");
const badGateway = exchange("one", 502, "Bad Gateway");
const listing: FailureDetails = {
  summary: "tools/list has no result",
  expected: "a result",
  actual: "status 404",
  cause: "the endpoint is not MCP",
  location: { file: "policy.yaml", line: 1 },
};

test("a failure by a router that Traefik does not have follows from what Traefik could not load", async () => {
  const { details } = await withUnservedRequest(new CheckFailure(listing), [notFound], { deployment });
  expect(details).toMatchObject({
    summary: "tools/list has no result",
    cause: expect.stringMatching(/litellm-bearer matches it, but Traefik does not have the router/),
    location: { file: expect.stringMatching(/compose\.yaml$/) },
    follows: "ROUTE-26/loaded-without-errors",
  });
});

test("an answer that was read as a stream is Traefik's by its type", async () => {
  const headers = [["Content-Type", "text/plain; charset=utf-8"]] as const;
  const response = { ...notFound.response, body: "", headers };
  const stream = { ...notFound, response } as unknown as Exchange;
  const { details } = await withUnservedRequest(new CheckFailure(listing), [stream], { deployment });
  expect(details.follows).toBe("ROUTE-26/loaded-without-errors");
  const other = exchange("two", 404, "");
  const unchanged = await withUnservedRequest(new CheckFailure(listing), [other], { deployment });
  expect(unchanged.details).toMatchObject(listing);
});

test("a failure by a service that does not answer names the line of its port", async () => {
  const gateway = { deployment, routing: async () => ({ router: "litellm-bearer@docker", status: 502 }) };
  const { details } = await withUnservedRequest(new CheckFailure(listing), [badGateway], gateway);
  expect(details.cause).toMatch(/the service litellm does not answer/);
  expect(details.location?.line).toBe(
    deployment.litellm.labels.get("traefik.http.services.litellm.loadbalancer.server.port")?.location.line,
  );
});

test("a failure by a port that leads to no listening program names the line that publishes it", async () => {
  const refused = { ...notFound, response: undefined, error: "fetch failed: connect ECONNREFUSED 127.0.0.1:1" };
  using copy = patchedCopy("deployments/reference", [
    { file: "compose.yaml", find: '- "80:80"', replace: '- "80:81"' },
  ]);
  const broken = await loadDeployment(copy.folder);
  const { details } = await withUnservedRequest(new CheckFailure(listing), [refused], { deployment: broken });
  expect(details).toMatchObject({
    cause: expect.stringMatching(
      /port 80 of the host leads to port 81 of the container, where Traefik does not listen/,
    ),
    location: broken.traefik?.ports[0]?.location,
  });
  const failure = new CheckFailure(listing);
  expect(await withUnservedRequest(failure, [refused], { deployment })).toBe(failure);
});

test("a case with evidence of its own gets a cause of its own, in the text as well", async () => {
  const cases = [{ ...listing, evidence: { exchanges: ["one"] } }, listing];
  const failure = await forEachCase(
    "a listing has a result",
    cases,
    () => "a case",
    async (details) => {
      throw new CheckFailure(details);
    },
  ).then(
    () => undefined,
    (error: CheckFailure) => error,
  );
  const { details, message } = await withUnservedRequest(failure as CheckFailure, [notFound], { deployment });
  expect(details.cases?.map(({ follows }) => follows)).toEqual(["ROUTE-26/loaded-without-errors", undefined]);
  expect(message).toMatch(/a case: [\s\S]*Traefik does not have the router[\s\S]*the endpoint is not MCP/);
});

test("checks that share a failure share its explanation", async () => {
  const failure = new CheckFailure(listing);
  const first = await withUnservedRequest(failure, [notFound], { deployment });
  expect(await withUnservedRequest(failure, [], { deployment })).toBe(first);
});

test.for<[string, Partial<FailureDetails>, Exchange[]]>([
  ["follows from another", { follows: "CAT-02/a" }, [notFound]],
  ["has another answer next to it", {}, [notFound, exchange("two", 200, "{}")]],
  ["has an answer of LiteLLM's", {}, [exchange("one", 404, '{"detail":"Not Found"}')]],
  ["is about a request that the policy refuses", {}, [exchange("one", 404, "404 page not found", { headers: [] })]],
  [
    "is about a host that the policy does not name",
    {},
    [exchange("one", 404, "404 page not found", { url: "http://a/mcp/" })],
  ],
  ["has other evidence", { evidence: { exchanges: ["another"] } }, [notFound]],
])("a failure that %s stays as it is", async ([_, own, exchanges]) => {
  const failure = new CheckFailure({ ...listing, ...own });
  expect(await withUnservedRequest(failure, exchanges, { deployment })).toBe(failure);
});
