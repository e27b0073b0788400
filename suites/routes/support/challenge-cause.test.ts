import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { loadDeployment } from "../../../helpers/deployment/load.ts";
import { patchedCopy } from "../../../helpers/deployment/source/patched-copy.ts";
import type { SourceLocation } from "../../../helpers/deployment/types.ts";
import type { Exchange } from "../../../helpers/protocol/exchange.ts";
import { causeOfChallenge, causeOfNoChallenge } from "./challenge-cause.ts";

const deployment = await loadDeployment("deployments/reference");

function answer(status: number, body = ""): Exchange {
  return { response: { status, body, headers: [] } } as unknown as Exchange;
}

function lineOf(location: SourceLocation | undefined): string | undefined {
  if (location === undefined) return undefined;
  return readFileSync(location.file, "utf8").split("\n")[location.line - 1]?.trim();
}

const unknown = "Authentication Error, the key is missing or not known";
const challenge = 'headers = {"WWW-Authenticate": "Bearer"} if status == 401 else None';

test.for<[string, Exchange, string, string]>([
  [
    "401",
    answer(401, unknown),
    "scoped_keys.py names WWW-Authenticate, and does not send it with this answer",
    challenge,
  ],
  [
    "402",
    answer(402, unknown),
    "scoped_keys.py answers a key that does not exist with 402",
    `raise _refusal(401, "${unknown}")`,
  ],
])("an unknown key that is answered %s without a challenge", ([_, exchange, cause, line]) => {
  const found = causeOfNoChallenge(exchange, deployment);
  expect(found.cause).toBe(cause);
  expect(lineOf(found.location)).toBe(line);
});

test("without a module, an unknown key without a challenge is LiteLLM's own answer", async () => {
  using copy = patchedCopy("deployments/reference", [
    { file: "litellm/config.yaml", find: "  custom_auth: scoped_keys.authenticate", replace: "" },
  ]);
  const found = causeOfNoChallenge(answer(401), await loadDeployment(copy.folder));
  expect(found.cause).toMatch(/^LiteLLM's own authentication sends no challenge/);
  expect(found).not.toHaveProperty("location");
});

test("a known key that is challenged is located at the header, or at the key where LiteLLM does not know it", () => {
  const key = deployment.variables.get("LITELLM_STATUS_KEY")?.value ?? "";
  expect(lineOf(causeOfChallenge(answer(403), key, deployment).location)).toBe(challenge);
  expect(lineOf(causeOfChallenge(answer(401), key, deployment).location)).toContain('"LITELLM_STATUS_KEY"');
});
