import { expect, it } from "vitest";
import { matrixText } from "./matrix-text.ts";

it("the permission matrix has a table for each way, and shows what differs", () => {
  const cell = (identity: string, server: string, expected: string[], found: string[]) => ({
    ...{ identity, server, expected, found, way: "tools/list" },
  });
  expect(
    matrixText([
      cell("agent", "files", ["read", "write"], ["read", "write"]),
      cell("agent", "shop", [], ["order"]),
      cell("nobody", "files", [], []),
      cell("nobody", "shop", [], []),
    ]),
  ).toBe("tools/list\n        files  shop\nagent   2      1, expected 0\nnobody  0      0\n");
});
