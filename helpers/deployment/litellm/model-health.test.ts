import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { compose, litellm } from "../broken/broken-deployment.ts";
import { readFacts } from "../facts.ts";
import { type Patch, patchedCopy } from "../source/patched-copy.ts";
import { asksModels } from "./model-health.ts";

test.each([
  ["curl -f http://localhost:4000/health || exit 1"],
  ["wget -qO- localhost:4000/health"],
  ["curl -H 'Authorization: Bearer x' http://127.0.0.1:4000/health/"],
  ["import urllib.request; urllib.request.urlopen('http://litellm:4000/health')"],
  ["http://0.0.0.0:4000/health?model=gpt"],
  ["connection.request('GET', '/health')"],
  ["/health"],
])("%s asks every model", (text) => {
  expect(asksModels(["/bin/sh", "-c", text])).toBe(true);
});

test.each([
  ["curl -f http://localhost:4000/health/liveliness || exit 1"],
  ["curl -f http://localhost:4000/health/readiness"],
  ["curl http://localhost:4000/healthz"],
  ["curl http://localhost:4000/api/health"],
  ["python /app/health.py"],
  ["/opt/check/health"],
])("%s asks no model", (text) => {
  expect(asksModels(["/bin/sh", "-c", text])).toBe(false);
});

function findings(patches: readonly Patch[]): (string | undefined)[][] {
  using copy = patchedCopy("deployments/reference", patches);
  const facts = readFacts(copy.folder);
  facts.liteLLM();
  const found = facts.notes.notes.filter(({ what }) => what.includes("healthcheck"));
  return found.map(({ file, line, what }) => [what, readFileSync(file, "utf8").split("\n")[(line ?? 0) - 1]?.trim()]);
}

const everyModel = compose("127.0.0.1:4000/health/liveliness')", "127.0.0.1:4000/health')");

test("a healthcheck that calls every model is a finding at its line", () => {
  expect(findings([everyModel])).toEqual([
    ["the healthcheck of 'litellm' asks LiteLLM's /health", expect.stringMatching(/^test: .*\/health'/)],
  ]);
});

test("one that calls none is not, nor is one to which LiteLLM answers with the last result", () => {
  expect(findings([])).toEqual([]);
  const background = litellm("general_settings:\n", "general_settings:\n  background_health_checks: true\n");
  expect(findings([everyModel, background])).toEqual([]);
});
