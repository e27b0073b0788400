import { expect, test } from "vitest";
import { CheckFailure } from "../../../helpers/checks/check-failure.ts";
import { loadDeployment } from "../../../helpers/deployment/load.ts";
import type { Exchange } from "../../../helpers/protocol/exchange.ts";
import { withModuleError } from "./module-error.ts";

const deployment = await loadDeployment("deployments/reference");
const failure = new CheckFailure({
  summary: "a call fails",
  expected: "a result",
  actual: "an error",
  cause: "the server",
  fix: "start it",
  follows: "CAT-04/a",
});

const traceback = (file: string, error: string): string => `INFO: a line
Traceback (most recent call last):
  File "/opt/litellm/proxy/utils.py", line 12, in pre_call_hook
    await callback.async_pre_call_hook()
  File "${file}", line 122, in async_pre_call_hook
    if server not in caller.servers:
  File "/usr/lib/python3.13/typing.py", line 9, in inner
${error}
INFO: another line`;

const answered = (text: string): Exchange[] => [
  { id: "one", response: { status: 200, headers: [], body: JSON.stringify({ error: text }) } } as unknown as Exchange,
];

const own = "/app/scoped_keys.py";
const error = "TypeError: argument of type 'NoneType' is not \"iterable\"";

function gateway(log: string): Parameters<typeof withModuleError>[3] {
  return { deployment, log: async () => log };
}

test("a failure behind a mistake in the operator's module names its line", async () => {
  const sent = answered(`500: ${error}`);
  const { details } = await withModuleError(failure, sent, new Date(), gateway(traceback(own, error)));
  expect(details).toMatchObject({ cause: `scoped_keys.py raises ${error}`, location: { line: 122 } });
  expect(details.location?.file).toMatch(/deployments\/reference\/litellm\/scoped_keys\.py$/);
  expect(details).not.toHaveProperty("fix");
  expect(details).not.toHaveProperty("follows");
});

test.for<[string, string, Exchange[]]>([
  ["LiteLLM's own module raised the error", traceback("/opt/litellm/proxy/auth.py", error), answered(error)],
  ["LiteLLM answered with another error", traceback(own, error), answered("TypeError: another one")],
  [
    "the module refused the caller",
    traceback(own, "fastapi.HTTPException: 403: not covered"),
    answered("403: not covered"),
  ],
  [
    "a later line of the log names an error",
    `${traceback(own, "fastapi.HTTPException: 403: not covered")}\n${error}`,
    answered(error),
  ],
  ["the check sent nothing", traceback(own, error), []],
  ["the log shows no error", "INFO: a line", answered(error)],
])("where %s, the failure stays as it is", async ([_, log, exchanges]) => {
  expect(await withModuleError(failure, exchanges, new Date(), gateway(log))).toBe(failure);
});

test("an answer that is no evidence of the failure does not count", async () => {
  const other = new CheckFailure({ ...failure.details, evidence: { exchanges: ["two"] } });
  expect(await withModuleError(other, answered(error), new Date(), gateway(traceback(own, error)))).toBe(other);
});

test("a gateway that runs elsewhere shows no log", async () => {
  expect(await withModuleError(failure, answered(error), new Date(), { deployment })).toBe(failure);
});
