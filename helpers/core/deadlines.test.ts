import { expect, test } from "vitest";
import { until } from "./deadlines.ts";

test("the value is returned as soon as it is available", async () => {
  let asked = 0;
  await expect(until("it is there", 5_000, async () => (++asked === 3 ? "value" : undefined))).resolves.toBe("value");
  expect(asked).toBe(3);
});

test("a deadline that passes names the condition and the last exception", async () => {
  const run = until("the part answers", 1, async () => {
    throw new Error("connection refused");
  });
  await expect(run).rejects.toThrow(/^the part answers: not within 0\.001 s; last seen: connection refused$/);
});
