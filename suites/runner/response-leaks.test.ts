import { expect, test } from "vitest";
import { loadDeployment } from "../../helpers/deployment/load.ts";
import { patchedCopy } from "../../helpers/deployment/source/patched-copy.ts";
import type { Exchange } from "../../helpers/protocol/exchange.ts";
import { responseLeaks } from "./response-leaks.ts";

using copy = patchedCopy("deployments/examples/virtual-keys", [
  { file: "compose.yaml", find: "customrequestheaders.Authorization", replace: "customresponseheaders.Authorization" },
]);
const deployment = await loadDeployment(copy.folder);
const secrets = new Map([...deployment.variables].map(([name, { value }]) => [name, value]));

function answerWith(headers: [string, string][], body = ""): Exchange {
  const request = { method: "GET", url: "http://a.example/ui?page=1" };
  return { request, response: { status: 401, headers, body } } as unknown as Exchange;
}

test.each<[string, Exchange, object[]]>([
  ["no secret", answerWith([["Server", "uvicorn"]]), []],
  [
    "a header that Traefik adds",
    answerWith([["Authorization", `Bearer ${secrets.get("LITELLM_STATUS_KEY")}`]]),
    [{ secret: "LITELLM_STATUS_KEY", at: { line: 51 } }],
  ],
  [
    "a body with the same secret",
    answerWith([], secrets.get("LITELLM_STATUS_KEY")),
    [{ secret: "LITELLM_STATUS_KEY" }],
  ],
  ["another secret", answerWith([["X-Debug", secrets.get("UI_PASSWORD") ?? ""]]), [{ secret: "UI_PASSWORD" }]],
])("%s", (_, exchange, expected) => {
  const leaks = responseLeaks([exchange], secrets, deployment);
  expect(leaks).toMatchObject(expected.map((leak) => ({ location: "the answer 401 to GET /ui", ...leak })));
  expect(leaks.map(({ at }) => at?.line)).toEqual(expected.map((leak) => (leak as { at?: { line: number } }).at?.line));
});
