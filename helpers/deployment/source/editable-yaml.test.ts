import { expect, test } from "vitest";
import { EditableYaml, offsetsWithin } from "./editable-yaml.ts";
import { FaultList } from "./fault-list.ts";
import { SourceFile } from "./source-file.ts";
import type { TextChange } from "./text-edit.ts";
import { parseYaml } from "./yaml-tree.ts";

test.each([
  ["plain", "a b", "a b"],
  ["quoted", "a b", '"a b"'],
  ["folded over lines", "a b", "a\n   b"],
  ["a folded block", "a b", ">-\n   a\n   b"],
])("%s: each character of a value has its offset in the text", (_, value, raw) => {
  const offsets = offsetsWithin(value, raw);
  expect(offsets?.map((offset) => raw[offset]).join("")).toBe(value.replace(" ", raw.includes("\n") ? "\n" : " "));
});

test("a value with an escape has no offsets", () => {
  expect(offsetsWithin("a\tb", '"a\\tb"')).toBeUndefined();
});

function open(text: string): EditableYaml {
  const source = new SourceFile("/folder/x.yaml", text);
  const faults = new FaultList();
  const root = parseYaml(source, faults);
  faults.throwIfAny();
  if (root === undefined) throw new Error("the text is not YAML");
  return new EditableYaml("/folder", source, root);
}

/** The text of a file after a change. */
function changed(text: string, change: (yaml: EditableYaml) => TextChange | undefined): string {
  const edits = change(open(text))?.edits;
  if (edits === undefined) throw new Error("the entry shares its lines with other text");
  return edits
    .toSorted((one, other) => other.start - one.start)
    .reduce((before, { start, end, text: own }) => before.slice(0, start) + own + before.slice(end), text);
}

test("a new value is quoted, whatever style the old one has", () => {
  const text = "a: >-\n  one\n  two\nb: 1\n";
  expect(changed(text, (yaml) => yaml.at("a")?.value?.replacePart(4, 7, "2"))).toBe('a: "one 2"\nb: 1\n');
});

test("an entry is removed with its lines, and another one is added after it at its indentation", () => {
  const text = "a:\n  b: 1\n  c: 2\nd:\n  - e\n  - f\n";
  expect(changed(text, (yaml) => yaml.at("a", "b")?.remove())).toBe("a:\n  c: 2\nd:\n  - e\n  - f\n");
  expect(changed(text, (yaml) => yaml.at("a", "c")?.addAfter(["x: 3"]))).toBe(
    "a:\n  b: 1\n  c: 2\n  x: 3\nd:\n  - e\n  - f\n",
  );
  expect(changed(text, (yaml) => yaml.at("d", 0)?.remove())).toBe("a:\n  b: 1\n  c: 2\nd:\n  - f\n");
});

test("a value of any kind is rewritten in one line", () => {
  const text = "a:\n  - b: 1\n    c: 2\n\n  # of d\n  - { d: [3] }\n";
  const rewritten = (index: number) => changed(text, (yaml) => yaml.at("a", index)?.rewrite("{ x: 1 }"));
  expect(rewritten(0)).toBe("a:\n  - { x: 1 }\n\n  # of d\n  - { d: [3] }\n");
  expect(rewritten(1)).toBe("a:\n  - b: 1\n    c: 2\n\n  # of d\n  - { x: 1 }\n");
});

test("an entry is added after the last line of a file without a newline at its end", () => {
  expect(changed("a:\n  b: 1", (yaml) => yaml.at("a", "b")?.addAfter(["c: 2"]))).toBe("a:\n  b: 1\n  c: 2\n");
});

test("the first key of a mapping in a list can't be removed without its dash", () => {
  expect(open("a:\n  - b: 1\n    c: 2\n").at("a", 0, "b")?.remove()).toBeUndefined();
});

test("offsets count the byte order mark of the file", () => {
  expect(changed("\uFEFFa: 1\n", (yaml) => yaml.at("a")?.value?.replace("2"))).toBe('\uFEFFa: "2"\n');
});

test("an alias can be removed, and what it names can be changed at the anchor only", () => {
  const yaml = open("x: &x\n  a: 1\ny: *x\nz:\n  <<: *x\n  b: 2\n");
  expect(yaml.entries.map(({ path }) => path.join("."))).toEqual(["x", "x.a", "y", "z", "z.b"]);
  expect(yaml.at("y")?.value).toBeUndefined();
  expect(yaml.at("y")?.remove()?.edits).toEqual([{ file: "x.yaml", start: 13, end: 19, text: "" }]);
});
