import { expect, test } from "vitest";
import { tellingLines } from "./telling-lines.ts";

const usage = ["Usage:", "  server [flags]", "Flags:", "  --port"];

test("an error before a long text of usage is shown", () => {
  expect(tellingLines(["starting", "Error: no kubeconfig", ...usage], 2)).toEqual([
    "Error: no kubeconfig",
    ...usage.slice(-2),
  ]);
});

test("a short log is shown once", () => {
  expect(tellingLines(["Error: no kubeconfig"], 2)).toEqual(["Error: no kubeconfig"]);
});
