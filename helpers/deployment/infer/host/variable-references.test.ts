import { expect, test } from "vitest";
import { outermostReferences, variableReferences, withDefaults } from "./variable-references.ts";

test("a reference in a default has the text around the default around it", () => {
  const found = variableReferences("Host(`${NAME:-litellm.${DOMAIN}}`) $$NOT");
  expect(found).toMatchObject([
    { variable: "NAME", operator: ":-", word: "litellm.${DOMAIN}", before: "Host(`", after: "`) $$NOT" },
    { variable: "DOMAIN", operator: undefined, before: "Host(`litellm.", after: "`) $$NOT", inDefaultsOf: ["NAME"] },
  ]);
});

test("each reference is where its text is", () => {
  const text = "${A:-x${B-${C:?no $D}}}-$E ${F";
  expect(variableReferences(text).map(({ start, end }) => text.slice(start, end))).toEqual([
    "${A:-x${B-${C:?no $D}}}",
    "${B-${C:?no $D}}",
    "${C:?no $D}",
    "$E",
  ]);
  expect(outermostReferences(text).map(({ variable }) => variable)).toEqual(["A", "E"]);
});

test("only a default has references: a message and what takes a value's place have none", () => {
  expect(variableReferences("${A:?set $B} ${C:+$D}").map(({ variable }) => variable)).toEqual(["A", "C"]);
});

test("each default takes the place of its reference, and what has none stays", () => {
  expect(withDefaults("${A:-/srv/${B-x}}/$C:/app/${D:?set it}${E:+e}")).toBe("/srv/x/$C:/app/${D:?set it}${E:+e}");
});
