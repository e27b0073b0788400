import { expect, test } from "vitest";
import { limitWorkers } from "./worker-limit.ts";

const limit = { most: 2, version: "1.83.5", where: "compose.yaml:litellm", why: "two are enough" };

test.each([
  [
    ["--config", "c", "--num_workers", "8", "--port", "1"],
    ["--config", "c", "--num_workers", "2", "--port", "1"],
  ],
  [["--num_workers=4"], ["--num_workers=2"]],
])("%j has at most two workers", (command, limited) => {
  const run = limitWorkers({ command, environment: { NUM_WORKERS: "9" } }, limit);
  expect(run.command).toEqual(limited);
  expect(run.changes).toMatchObject([{ where: "compose.yaml:litellm.command", why: "two are enough" }]);
  expect(run.environment).toEqual({ NUM_WORKERS: "9" });
});

test.each(["NUM_WORKERS", "DEFAULT_NUM_WORKERS_LITELLM_PROXY"])("%s is limited, too", (variable) => {
  const run = limitWorkers({ command: undefined, environment: { [variable]: "3" } }, limit);
  expect(run.environment.NUM_WORKERS).toBe("2");
  expect(run.changes[0]?.what).toBe("NUM_WORKERS=2 in place of 3");
});

test("LiteLLM before 1.77.7 has four workers where nothing says how many", () => {
  const plan = { command: ["--config", "c"], environment: {} };
  expect(limitWorkers(plan, limit).changes).toEqual([]);
  expect(limitWorkers(plan, { ...limit, version: "1.77.1" }).environment).toEqual({ NUM_WORKERS: "2" });
});

test.each<[string[], Record<string, string>]>([
  [["--num_workers", "2"], {}],
  [["--num_workers", "many"], {}],
  [["--num_workers"], {}],
  [[], { NUM_WORKERS: "1" }],
])("%j with %j stays as it is", (command, environment) => {
  expect(limitWorkers({ command, environment }, limit)).toEqual({ command, environment, changes: [] });
});
