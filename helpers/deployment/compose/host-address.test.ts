import { expect, test } from "vitest";
import { publishedTo } from "./host-address.ts";

test.each([
  [undefined, "everyone"],
  ["0.0.0.0", "everyone"],
  ["::", "everyone"],
  ["127.0.0.1", "nobody"],
  ["::1", "nobody"],
  ["172.17.0.1", "nobody"],
  ["172.18.0.1", "lan"],
  ["192.168.1.10", "lan"],
  ["100.100.1.2", "lan"],
  ["fd00::10", "lan"],
  ["203.0.113.7", "outside"],
  ["2001:db8::7", "outside"],
])("a port at %s is published to %s", (address, expected) => {
  expect(publishedTo(address)).toBe(expected);
});
