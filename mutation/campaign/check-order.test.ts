import { expect, test } from "vitest";
import type { Mutant } from "../files/mutant.ts";
import { CheckOrder } from "./check-order.ts";
import type { Check } from "./checks.ts";
import type { Saying } from "./mutant-run.ts";

const check = (id: string): Check => ({
  id,
  file: `suites/routes/${id}.spec.ts`,
  suite: "routes",
  requirements: ["ROUTE-10"],
  sentence: id,
  rigs: ["edge"],
});
const [cheap, dear, never] = [check("cheap"), check("dear"), check("never")];

function mutant(id: string, { mutator = "a mutator", file = "compose.yaml", start = 0 } = {}): Mutant {
  const shown = { file, start, end: start + 1, text: "" };
  return { id, mutator, kind: "Traefik labels", subject: id, how: "broken", shown, edits: [shown] };
}

const saying = (heard: Check, outcome: Saying["outcome"], milliseconds = 10): Saying => ({
  check: heard,
  outcome,
  message: "",
  milliseconds,
});

function order(before: Record<string, string[]> = {}, mutants: readonly Mutant[] = []): CheckOrder {
  const made = new CheckOrder(new Map(Object.entries(before)), mutants);
  made.learnCost(saying(cheap, "passed", 10));
  made.learnCost(saying(dear, "passed", 40));
  made.learnCost(saying(never, "passed", 20));
  return made;
}

const names = (checks: readonly Check[]): string[] => checks.map(({ id }) => id);

test("as long as nothing is known the cheapest come first", () => {
  expect(names(order().sort(mutant("one"), [dear, never, cheap]))).toEqual(["cheap", "never", "dear"]);
});

test("what noticed a mutant the last time comes first", () => {
  expect(names(order({ one: ["dear"] }).sort(mutant("one"), [cheap, never, dear]))).toEqual(["dear", "cheap", "never"]);
});

test("what noticed a neighbour the last time comes early", () => {
  const learned = order({ "next to it": ["dear"] }, [mutant("next to it", { start: 100 })]);
  for (let index = 0; index < 8; index++) {
    for (const one of [cheap, dear, never])
      learned.learn(mutant(`far ${index}`, { start: 20_000 }), saying(one, "passed"));
  }
  expect(names(learned.sort(mutant("one"), [cheap, never, dear]))).toEqual(["dear", "cheap", "never"]);
});

test("what has noticed nothing of a mutator goes back", () => {
  const learned = order();
  for (let index = 0; index < 4; index++)
    learned.learn(mutant(`far ${index}`, { start: 9_000 }), saying(cheap, "passed"));
  expect(names(learned.sort(mutant("one"), [cheap, never, dear]))).toEqual(["never", "dear", "cheap"]);
});

test.each([
  ["a neighbour in the file", { start: 100 }, ["dear", "cheap", "never"]],
  ["something far away", { start: 9_000 }, ["cheap", "never", "dear"]],
  ["another file", { start: 100, file: "litellm/config.yaml" }, ["cheap", "never", "dear"]],
])("a kill of %s", (_, where, expected) => {
  const learned = order();
  // Whatever the mutator: its neighbours are broken in another way.
  learned.learn(mutant("other", { ...where, mutator: "another mutator" }), saying(dear, "failed"));
  for (let index = 0; index < 8; index++) {
    for (const one of [cheap, dear, never])
      learned.learn(mutant(`far ${index}`, { start: 20_000 }), saying(one, "passed"));
  }
  expect(names(learned.sort(mutant("one"), [cheap, never, dear])), JSON.stringify(where)).toEqual(expected);
});
