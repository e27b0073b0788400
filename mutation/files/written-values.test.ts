import { resolve } from "node:path";
import { expect, test } from "vitest";
import { patchedCopy } from "../../helpers/deployment/source/patched-copy.ts";
import { patchesOf } from "./mutant.ts";
import { offsetsWithin, YamlText } from "./written-values.ts";

test.each([
  ["plain", "a b", "a b"],
  ["quoted", "a b", '"a b"'],
  ["folded over lines", "a b", "a\n   b"],
  ["a folded block", "a b", ">-\n   a\n   b"],
])("%s: each character is found where it stands", (_, value, raw) => {
  const offsets = offsetsWithin(value, raw);
  expect(offsets?.map((offset) => raw[offset]).join("")).toBe(value.replace(" ", raw.includes("\n") ? "\n" : " "));
});

test("an escape is no simple matter", () => {
  expect(offsetsWithin("a\tb", '"a\\tb"')).toBeUndefined();
});

/** The text of a file after one edit of an entry. */
function edited(text: string, edit: (yaml: YamlText) => Parameters<typeof patchesOf>[1]["edits"] | undefined): string {
  using copy = patchedCopy(resolve("deployments/reference"), [{ file: "x.yaml", write: text }]);
  const edits = edit(new YamlText(copy.folder, `${copy.folder}/x.yaml`));
  if (edits === undefined) throw new Error("the entry does not stand on lines of its own");
  const [patch] = patchesOf(copy.folder, { id: "x", edits });
  return patch !== undefined && "write" in patch ? String(patch.write) : "";
}

test("a value is written anew in quotes, whichever way it was written", () => {
  const text = "a: >-\n  one\n  two\nb: 1\n";
  expect(edited(text, (yaml) => yaml.at("a")?.value?.replace(4, 7, "2").edits)).toBe('a: "one 2"\nb: 1\n');
});

test("an entry goes with its lines, and another one follows at its indentation", () => {
  const text = "a:\n  b: 1\n  c: 2\nd:\n  - e\n  - f\n";
  expect(edited(text, (yaml) => yaml.at("a", "b")?.remove()?.edits)).toBe("a:\n  c: 2\nd:\n  - e\n  - f\n");
  expect(edited(text, (yaml) => yaml.at("a", "c")?.follow(["x: 3"])?.edits)).toBe(
    "a:\n  b: 1\n  c: 2\n  x: 3\nd:\n  - e\n  - f\n",
  );
  expect(edited(text, (yaml) => yaml.at("d", 0)?.remove()?.edits)).toBe("a:\n  b: 1\n  c: 2\nd:\n  - f\n");
});

test("the first key of a mapping in a list can't go without its dash", () => {
  expect(() => edited("a:\n  - b: 1\n    c: 2\n", (yaml) => yaml.at("a", 0, "b")?.remove()?.edits)).toThrow();
});
