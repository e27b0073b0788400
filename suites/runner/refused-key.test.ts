import { expect, test } from "vitest";
import { CheckFailure, type FailureDetails } from "../../helpers/checks/check-failure.ts";
import { loadDeployment } from "../../helpers/deployment/load.ts";
import type { Exchange } from "../../helpers/protocol/exchange.ts";
import { withRefusedKey } from "./refused-key.ts";

const deployment = await loadDeployment("deployments/reference");

const authError = '{"error":{"message":"Authentication Error, not allowed","type":"auth_error"}}';

function exchange(id: string, bearer: string, status: number, body = authError): Exchange {
  const request = {
    method: "POST",
    url: "http://a/v1/chat",
    headers: [["Authorization", `Bearer ${bearer}`]] as const,
  };
  const response = { status, headers: [], body, endAfter: 1 };
  return { id, request, response } as unknown as Exchange;
}

const refused: FailureDetails = {
  summary: "a chat fails",
  expected: "status 200",
  actual: "status 403",
  evidence: { exchanges: ["one"] },
};
const client = deployment.variables.get("LITELLM_CLIENT_KEY")?.value ?? "";

test("a failure by a refused key names the line that says what the key may do", async () => {
  const failure = new CheckFailure(refused);
  const { details: located } = await withRefusedKey(failure, [exchange("one", client, 403)], deployment);
  expect(located.cause).toBe("scoped_keys.authenticate refuses the key of LITELLM_CLIENT_KEY");
  expect(located.location?.file).toMatch(/scoped_keys\.py$/);
});

test.for<[string, Partial<FailureDetails>, Exchange]>([
  ["has a line already", { location: { file: "a.yaml", line: 1 } }, exchange("one", client, 403)],
  ["follows from another", { follows: "CAT-02/a" }, exchange("one", client, 403)],
  ["is about a key that no file has", {}, exchange("one", "sk-nobody", 403)],
  ["is about another answer", { actual: "status 500" }, exchange("one", client, 403)],
  ["expects a refusal", { expected: "status 401" }, exchange("one", client, 403)],
  ["has an answer of Traefik's", {}, exchange("one", client, 403, "Forbidden")],
  [
    "has another reason than the key",
    {},
    exchange("one", client, 403, '{"detail":{"error":"The key has no MCP servers granted, or none is loaded"}}'),
  ],
  ["has other evidence", {}, exchange("another", client, 403)],
])("a failure that %s stays as it is", async ([_, own, sent]) => {
  const failure = new CheckFailure({ ...refused, ...own });
  expect(await withRefusedKey(failure, [sent], deployment)).toBe(failure);
});

test("of several cases, the one with a refused key names the line", async () => {
  const other = { ...refused, actual: "status 500", evidence: { exchanges: ["two"] } };
  const failure = new CheckFailure({ ...refused, cases: [other, refused] });
  const { details } = await withRefusedKey(failure, [exchange("one", client, 403)], deployment);
  expect(details.cases).toMatchObject([other, { location: { line: expect.any(Number) } }]);
});
