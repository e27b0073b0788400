import { expect, test } from "vitest";
import { FaultList } from "./fault-list.ts";
import { SourceFile } from "./source-file.ts";
import { parseYaml, toPlain } from "./yaml-tree.ts";

test.each<[string, unknown]>([
  ["y", "y"],
  ["N", "N"],
  ["on", true],
  ["'on'", "on"],
  ["12e3", "12e3"],
  ["1.5e3", "1.5e3"],
  ["1.5e+3", 1500],
  ["-.5", "-.5"],
  [".5", 0.5],
  ["08", "08"],
  ["017", 15],
  ["1_000", 1000],
  ["12:30", 750],
  ["~", null],
])("PyYAML reads %s as %j", (written, value) => {
  const root = parseYaml(new SourceFile("config.yaml", `a: ${written}\n`), new FaultList(), "1.1");
  expect(root && toPlain(root)).toEqual({ a: value });
});
