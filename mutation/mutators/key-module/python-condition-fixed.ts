import { codeOf } from "../../files/key-module.ts";
import type { Mutator } from "../../files/mutators.ts";

/** A condition that is always or never true. */
export default {
  kind: "scoped-key module",
  *changes(files) {
    for (const { name, children } of codeOf(files)) {
      if (name !== "IfStatement" && name !== "ConditionalExpression") continue;
      const condition = children[children.findIndex((child) => child.name === "if") + 1];
      if (condition === undefined) continue;
      yield condition.replace("True");
      yield condition.replace("False");
    }
  },
} satisfies Mutator;
