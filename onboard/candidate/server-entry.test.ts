import { expect, test } from "vitest";
import { hostOf } from "./server-entry.ts";
import type { NeededService } from "./types.ts";

test("a candidate that listens has a name of its own next to the service that it is for", () => {
  const needs = [{ name: "grafana" } as NeededService];
  expect(hostOf({ name: "grafana", needs, hosts: [] })).toBe("grafana-mcp");
  expect(hostOf({ name: "grafana", needs: [], hosts: ["Grafana:3000"] })).toBe("grafana-mcp");
  expect(hostOf({ name: "my_notes", needs, hosts: ["api.example.com:443"] })).toBe("my-notes");
});
