import { expect, it } from "vitest";
import { patient } from "./transaction-options.ts";

it("a transaction has at least a minute, and keeps what else was asked for", () => {
  const longer = { max_wait: 2_000, timeout: 90_000, isolation_level: "Serializable" };
  expect(JSON.parse(patient(JSON.stringify(longer)))).toEqual({ ...longer, max_wait: 60_000 });
  expect(JSON.parse(patient('{"timeout": 5000}'))).toEqual({ max_wait: 60_000, timeout: 60_000 });
});
