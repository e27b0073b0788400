import { expect, test } from "vitest";
import { letsRunIn } from "./run-clients.ts";

test.each([
  ["10.0.0.0/8,172.16.0.0/12,192.168.0.0/16", true],
  ["127.0.0.1/32, 192.168.0.0/16, 172.16.0.0/12, fc00::/7", true],
  ["0.0.0.0/0", true],
  ["172.16.0.0/12", false],
  ["192.168.0.0/16,10.0.0.0/8", false],
  ["172.17.0.0/16,192.168.0.0/16", false],
  ["192.0.2.1,{{ .LAN }},172.16.0.0/99", false],
  ["", false],
])("%s lets in the clients of every run: %s", (ranges, isExpected) => {
  expect(letsRunIn(ranges.split(","))).toBe(isExpected);
});
