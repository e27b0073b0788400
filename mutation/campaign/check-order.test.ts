import { expect, test } from "vitest";
import { fakeCheck, fakeRun } from "../../suites/runner/deployment-run/check-run-fixture.ts";
import type { LoadedCheck } from "../../suites/runner/load-checks.ts";
import type { Mutant } from "../files/mutant.ts";
import { CheckOrder } from "./check-order.ts";

const cheap = fakeCheck("ROUTE-10/cheap");
const expensive = fakeCheck("ROUTE-10/expensive");
const other = fakeCheck("ROUTE-10/other");

function mutant(id: string, { mutator = "a mutator", file = "compose.yaml", start = 0 } = {}): Mutant {
  const shown = { file, start, end: start + 1, text: "" };
  return { id, mutator, kind: "Traefik labels", subject: id, how: "broken", shown, edits: [shown] };
}

function order(earlierKillers: Record<string, string[]> = {}, mutants: readonly Mutant[] = []): CheckOrder {
  const made = new CheckOrder(new Map(Object.entries(earlierKillers)), mutants);
  made.learnCost(cheap.id, 10);
  made.learnCost(expensive.id, 40);
  made.learnCost(other.id, 20);
  return made;
}

const names = (checks: readonly LoadedCheck[]): string[] => checks.map(({ id }) => id.split("/")[1] ?? "");

test("as long as nothing is known the cheapest come first", () => {
  expect(names(order().sort(mutant("one"), [expensive, other, cheap]))).toEqual(["cheap", "other", "expensive"]);
});

test("what killed a mutant in the earlier run comes first", () => {
  const sorted = order({ one: [expensive.id] }).sort(mutant("one"), [cheap, other, expensive]);
  expect(names(sorted)).toEqual(["expensive", "cheap", "other"]);
});

test("what killed a neighbour in the earlier run comes early", () => {
  const learned = order({ "next to it": [expensive.id] }, [mutant("next to it", { start: 100 })]);
  for (let index = 0; index < 8; index++) {
    for (const one of [cheap, expensive, other])
      learned.learn(mutant(`far ${index}`, { start: 20_000 }), fakeRun(one, "passed"));
  }
  expect(names(learned.sort(mutant("one"), [cheap, other, expensive]))).toEqual(["expensive", "cheap", "other"]);
});

test("what has killed no mutant of a mutator comes later", () => {
  const learned = order();
  for (let index = 0; index < 4; index++)
    learned.learn(mutant(`far ${index}`, { start: 9_000 }), fakeRun(cheap, "passed"));
  expect(names(learned.sort(mutant("one"), [cheap, other, expensive]))).toEqual(["other", "expensive", "cheap"]);
});

test.each([
  ["a neighbour in the file", { start: 100 }, ["expensive", "cheap", "other"]],
  ["a mutant far away", { start: 9_000 }, ["cheap", "other", "expensive"]],
  ["a mutant of another file", { start: 100, file: "litellm/config.yaml" }, ["cheap", "other", "expensive"]],
])("a kill of %s", (_, where, expected) => {
  const learned = order();
  // Whatever the mutator: neighbours are broken in other ways.
  learned.learn(mutant("other", { ...where, mutator: "another mutator" }), fakeRun(expensive, "failed"));
  for (let index = 0; index < 8; index++) {
    for (const one of [cheap, expensive, other])
      learned.learn(mutant(`far ${index}`, { start: 20_000 }), fakeRun(one, "passed"));
  }
  expect(names(learned.sort(mutant("one"), [cheap, other, expensive])), JSON.stringify(where)).toEqual(expected);
});

test("what judges the need of other checks comes before all others", () => {
  const needed = fakeCheck("CAT-02/catalogue-equals-upstreams");
  const made = order({ one: [cheap.id] });
  made.learnCost(needed.id, 5_000);
  const failure = { summary: "s", expected: "e", actual: "a", message: "m", follows: needed.id };
  made.learn(mutant("far", { start: 9_000 }), fakeRun(other, "failed", { failure }), false);
  expect(names(made.sort(mutant("one"), [cheap, needed]))).toEqual(["catalogue-equals-upstreams", "cheap"]);
});

test("a kill whose failure names another place is worth less than one that names the mutated place", () => {
  const learned = order();
  for (let index = 0; index < 4; index++) {
    const far = mutant(`far ${index}`, { start: 9_000 });
    learned.learn(far, fakeRun(cheap, "failed"), false);
    learned.learn(far, fakeRun(expensive, "failed"), true);
    learned.learn(far, fakeRun(other, "passed"));
  }
  expect(names(learned.sort(mutant("one"), [cheap, other, expensive]))).toEqual(["expensive", "cheap", "other"]);
});
