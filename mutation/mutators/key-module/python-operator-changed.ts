import { codeOf } from "../../files/key-module.ts";
import type { Mutator } from "../../files/mutators.ts";

const instead: Readonly<Record<string, readonly string[]>> = {
  "==": ["!="],
  "!=": ["=="],
  ">": [">=", "<"],
  "<": ["<=", ">"],
  ">=": [">"],
  "<=": ["<"],
  and: ["or"],
  or: ["and"],
};

/** Another comparison, `and` for `or` and the reverse, a `not` removed or added. */
export default {
  kind: "scoped-key module",
  *changes(files) {
    for (const code of codeOf(files)) {
      if (["CompareOp", "and", "or"].includes(code.name))
        for (const other of instead[code.text] ?? []) yield code.replace(other);
      // `in` of a loop is not a comparison.
      if (code.parent === "BinaryExpression" && code.name === "not") yield code.replace("");
      if (code.name !== "BinaryExpression") continue;
      const words = code.children.map(({ name }) => name);
      if (words.includes("in") && !words.includes("not")) yield code.replace(code.text.replace(/ in /, " not in "));
      if (words.includes("is") && !words.includes("not")) yield code.replace(code.text.replace(/ is /, " is not "));
    }
  },
} satisfies Mutator;
