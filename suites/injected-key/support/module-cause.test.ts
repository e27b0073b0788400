import { basename } from "node:path";
import { expect, test } from "vitest";
import { loadDeployment } from "../../../helpers/deployment/load.ts";
import { patchedCopy } from "../../../helpers/deployment/source/patched-copy.ts";
import type { Exchange } from "../../../helpers/protocol/exchange.ts";
import { answeredByModule, causeInModule } from "./module-cause.ts";

const deployment = await loadDeployment("deployments/reference");

function answer(status: number, body: string): Pick<Exchange, "response"> {
  return { response: { status, body, headers: [], headAfter: 1, endAfter: 1 } };
}

const refusal = "Authentication Error, the key of mcp-client does not cover GET /v2/model/info";

test("an answer with a text of the module is located where the module raises it", () => {
  const { cause, location } = answeredByModule(deployment, answer(404, refusal));
  expect(cause).toBe("scoped_keys.py refuses the key with 404, which no client takes for a refusal");
  expect(basename(location?.file ?? "")).toBe("scoped_keys.py");
});

test.for([
  [200, refusal],
  [404, "Not Found"],
])("an answer %i with the text '%s' is not the module's", ([status, body]) => {
  expect(answeredByModule(deployment, answer(Number(status), String(body)))).toEqual({});
});

test("a key that LiteLLM refuses is located in the module, also where the module does not name it", async () => {
  expect(causeInModule(deployment, "LITELLM_STATUS_KEY")).not.toHaveProperty("cause");
  using copy = patchedCopy("deployments/reference", [
    { file: "litellm/scoped_keys.py", find: '"LITELLM_STATUS_KEY"', replace: '"ANOTHER"' },
  ]);
  const { cause } = causeInModule(await loadDeployment(copy.folder), "LITELLM_STATUS_KEY");
  expect(cause).toMatch(/, and not LITELLM_STATUS_KEY$/);
});
