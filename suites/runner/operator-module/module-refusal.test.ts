import { expect, test } from "vitest";
import { CheckFailure } from "../../../helpers/checks/check-failure.ts";
import { loadDeployment } from "../../../helpers/deployment/load.ts";
import type { Exchange } from "../../../helpers/protocol/exchange.ts";
import { refusedTestUpstreams, withModuleRefusal } from "./module-refusal.ts";

const deployment = await loadDeployment("deployments/reference");
const masterKey = "sk-master";
const failure = new CheckFailure({
  summary: "a call fails",
  expected: "the tool's result",
  actual: "status 200",
  cause: "LiteLLM mixes up the answers",
  location: deployment.litellm.location,
  evidence: { exchanges: ["one"] },
});

/** The text of `raise HTTPException(403, …)` in the reference's module. */
const refusal = "the key of tester does not cover the tool echo";

function call(text: string, { key = masterKey, isError = true, id = "one" } = {}): Exchange {
  const message = { jsonrpc: "2.0", id: 1, result: { content: [{ type: "text", text }], isError } };
  return {
    id,
    request: {
      method: "POST",
      url: "http://127.0.0.1/mcp",
      headers: [["Authorization", `Bearer ${key}`]],
      body: JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/call", params: { name: "echo" } }),
    },
    response: { status: 200, headers: [["Content-Type", "application/json"]], body: JSON.stringify(message) },
  } as unknown as Exchange;
}

test("a failure behind a refusal of the operator's module names the line that refuses", async () => {
  const { details } = await withModuleRefusal(failure, [call(`Error: 403: ${refusal}`)], deployment);
  expect(details).toMatchObject({ cause: "scoped_keys.py refuses it: 'the key of … does not cover the tool …'" });
  expect(details.location?.file).toMatch(/deployments\/reference\/litellm\/scoped_keys\.py$/);
});

test.for<[string, Partial<CheckFailure["details"]>, Exchange[]]>([
  ["LiteLLM answers with another text", {}, [call("Error: no such tool")]],
  ["the check expects a refusal", { expected: "status 403" }, [call(refusal)]],
  ["the check names a line of its own", { location: { file: "/policy.yaml", line: 1 } }, [call(refusal)]],
  ["another exchange was refused", {}, [call(refusal, { id: "two" })]],
  ["the text is in an answer that refuses nothing", {}, [call(refusal, { isError: false })]],
])("where %s, the failure stays as it is", async ([_, changed, exchanges]) => {
  const changedFailure = new CheckFailure({ ...failure.details, ...changed });
  expect(await withModuleRefusal(changedFailure, exchanges, deployment)).toBe(changedFailure);
});

test("where a module refuses every call of the suite's test servers, with the master key too, the check proves nothing", () => {
  const reason = refusedTestUpstreams([call(refusal), call("Error: busy", { id: "two" })], { deployment, masterKey });
  expect(reason?.message).toMatch(
    /^scoped_keys\.py \(line \d+\) refuses calls of the suite's own test servers, with the master key too: 'the key of … does not cover the tool …'$/,
  );
});

test.for<[string, Exchange[]]>([
  ["one call is served", [call(refusal), call("done", { isError: false, id: "two" })]],
  ["another key is refused", [call(refusal, { key: "sk-scoped" })]],
  ["LiteLLM itself refuses", [call("Error: no such tool")]],
  ["the check called no tool", []],
])("where %s, the check keeps its verdict", ([_, exchanges]) => {
  expect(refusedTestUpstreams(exchanges, { deployment, masterKey })).toBeUndefined();
});
