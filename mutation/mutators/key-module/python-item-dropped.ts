import { type Code, codeOf } from "../../files/key-module.ts";
import type { Mutator } from "../../files/mutators.ts";

const lists = ["TupleExpression", "ArrayExpression", "SetExpression"];
const punctuation = ["(", ")", "[", "]", "{", "}", ",", "Comment"];

/** An item removed from a tuple, a list or a set: a route, a method, a caller. A tuple of routes may also be `None`: all. */
export default {
  kind: "scoped-key module",
  *changes(files) {
    for (const list of codeOf(files)) {
      if (!lists.includes(list.name)) continue;
      if (list.name === "TupleExpression" && list.parent === "ArgList") yield list.replace("None");
      const items = list.children.filter(({ name }) => !punctuation.includes(name));
      for (const item of items) yield { ...list.replace(without(list, item, items)), how: `without ${oneLine(item)}` };
    }
  },
} satisfies Mutator;

function without(list: Code, gone: Code, items: readonly Code[]): string {
  const rest = items.filter((item) => item !== gone).map(({ text }) => text);
  const [open, close] = [list.text.charAt(0), list.text.charAt(list.text.length - 1)];
  // An empty set has no literal, and a tuple of one item needs a comma.
  if (list.name === "SetExpression" && rest.length === 0) return "set()";
  return `${open}${rest.join(", ")}${list.name === "TupleExpression" && rest.length === 1 ? "," : ""}${close}`;
}

function oneLine({ text }: Code): string {
  return text.replaceAll(/\s+/g, " ").slice(0, 60);
}
