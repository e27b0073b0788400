import { expect, test } from "vitest";
import { slicesOf } from "./subnet.ts";

test("a range is divided into sixteen slices, each with a gateway and a router", () => {
  const slices = slicesOf("192.168.160.0/20");
  expect(slices).toHaveLength(16);
  expect(slices[1]).toEqual({
    subnet: "192.168.161.0/24",
    gateway: "192.168.161.1",
    router: { address: "192.168.161.2", prefixLength: 24 },
  });
  expect(slicesOf("10.200.0.0/16")[15]?.subnet).toBe("10.200.240.0/20");
  expect(slicesOf("10.0.0.0/24")[15]?.subnet).toBe("10.0.0.240/28");
});

test("a range that is too small for a network's parts is rejected, and so is anything that is not an IPv4 range", () => {
  expect(() => slicesOf("10.0.0.0/25")).toThrow(/too small/);
  expect(() => slicesOf("fd00::/64")).toThrow(/^'fd00::\/64' is not an IPv4 range$/);
});
