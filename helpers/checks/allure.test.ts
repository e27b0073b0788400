import { MessageHolderTestRuntime, setGlobalTestRuntime } from "allure-js-commons/sdk/runtime";
import { beforeEach, expect, test } from "vitest";
import type { Exchange } from "../protocol/exchange.ts";
import { labelCheck, type ShownStep, showSteps, stepsOf } from "./allure.ts";

const secrets = new Map([["LITELLM_MASTER_KEY", "sk-canary-1"]]);

let runtime: MessageHolderTestRuntime;
beforeEach(() => {
  runtime = new MessageHolderTestRuntime();
  setGlobalTestRuntime(runtime);
});

function exchange(id: string, second: number, headers: Exchange["request"]["headers"] = []): Exchange {
  const at = new Date(Date.UTC(2026, 0, 1, 0, 0, second)).toISOString();
  const request = { method: "GET", url: `http://gateway.lan/${id}`, headers, body: undefined };
  return {
    id,
    at,
    request,
    response: { status: 200, headers: [], body: "", headAfter: 1, endAfter: 7 },
    error: undefined,
  };
}

/** Name, milliseconds and status of each step that Allure was given. */
function shown(): [string, number, string][] {
  const started: { name: string; start: number }[] = [];
  return runtime.messages().flatMap((message): [string, number, string][] => {
    if (message.type === "step_start") started.push(message.data);
    if (message.type !== "step_stop") return [];
    const { name, start } = started.at(-1) ?? { name: "none", start: 0 };
    return [[name, message.data.stop - start, message.data.status]];
  });
}

test("a step says whose key a request carried, and hides it", () => {
  const steps = stepsOf(
    [
      exchange("a", 1),
      exchange("b", 2, [["Authorization", "Bearer sk-canary-1"]]),
      exchange("c", 3, [["x-api-key", "sk-none"]]),
    ],
    [],
    secrets,
  );
  expect(steps.map(({ name }) => name)).toEqual([
    "without a key: GET http://gateway.lan/a → 200",
    "with LITELLM_MASTER_KEY: GET http://gateway.lan/b → 200",
    "with another key: GET http://gateway.lan/c → 200",
  ]);
  expect(JSON.stringify(steps)).not.toContain("sk-canary-1");
});

test("steps have the times that they took; what the failure's evidence names comes first", async () => {
  const run = { rig: "gateway", part: "codex", environment: {}, workingDir: undefined, user: undefined };
  const command = { ...run, id: "command-1", at: "2026-01-01T00:00:09.000Z", command: ["codex", "exec"] };
  const steps = stepsOf(
    [exchange("b", 2), exchange("a", 1), exchange("c", 3)],
    [{ ...command, exitCode: 1, stdout: "", stderr: "", milliseconds: 1_500 }],
    secrets,
    {
      summary: "s",
      expected: "a",
      actual: "b",
      evidence: { commands: ["command-1"] },
      cases: [{ summary: "s", expected: "a", actual: "b", evidence: { exchanges: ["c"] } }],
    },
  );
  await showSteps(steps);
  expect(shown()).toEqual([
    ["without a key: GET http://gateway.lan/c → 200", 7, "failed"],
    ["codex: codex exec → exit code 1", 1_500, "failed"],
    ["without a key: GET http://gateway.lan/a → 200", 7, "passed"],
    ["without a key: GET http://gateway.lan/b → 200", 7, "passed"],
  ]);
});

test("of many steps those that failed are shown first, then some of each kind, 50 in all", async () => {
  const steps = Array.from(
    { length: 80 },
    (_, index): ShownStep => ({
      name: `step ${index}`,
      at: new Date(index).toISOString(),
      milliseconds: 1,
      failed: index === 3,
      kind: index < 60 ? "refused" : "let through",
      details: {},
    }),
  );
  await showSteps(steps);
  const names = shown().map(([name]) => name);
  expect(names.slice(0, 3)).toEqual(["step 3", "step 0", "step 1"]);
  expect(names.slice(-2)).toEqual(["step 79", "and 30 more: the check's evidence has all 80"]);
  expect(names).toHaveLength(51);
});

test("a step says what was expected; an answer that was not, and no answer, are failures with the time that they took", async () => {
  const judged = { ...exchange("a", 1), judgement: { expected: "refused", found: "200 from LiteLLM", holds: false } };
  const right = { ...exchange("b", 2), judgement: { expected: "refused", found: "401 from Traefik", holds: true } };
  const hung = { ...exchange("c", 3), response: undefined, error: "no response in time", failedAfter: 5_000 };
  await showSteps(stepsOf([right, judged, hung], [], secrets));
  expect(shown()).toEqual([
    ["without a key: GET http://gateway.lan/a → 200 from LiteLLM, expected: refused", 7, "failed"],
    ["without a key: GET http://gateway.lan/c → no response", 5_000, "failed"],
    ["without a key: GET http://gateway.lan/b → 401 from Traefik, expected: refused", 7, "passed"],
  ]);
});

test("a check is labelled with its id and each of its requirements", async () => {
  await labelCheck({ id: "ROUTE-03/look-alike-paths", requirements: ["ROUTE-03", "CAT-11"] });
  const metadata = runtime.messages().flatMap((message) => (message.type === "metadata" ? [message.data] : []));
  const labels = metadata.flatMap(({ labels: own = [] }) => own.map(({ name, value }) => `${name}=${value}`));
  expect(labels).toEqual(
    expect.arrayContaining([
      "parentSuite=routes",
      "check=ROUTE-03/look-alike-paths",
      "requirement=ROUTE-03",
      "requirement=CAT-11",
      "tag=MUST",
    ]),
  );
  expect(metadata.flatMap(({ testCaseId = [] }) => testCaseId)).toEqual(["ROUTE-03/look-alike-paths"]);
});
