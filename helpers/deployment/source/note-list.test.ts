import { expect, test } from "vitest";
import { byImportance, byWeight, NoteList } from "./note-list.ts";

test("findings by their weight, those of one weight by file and line", () => {
  const notes = new NoteList();
  const add = (line: number, weight?: "stops" | "advice"): void =>
    notes.add("finding", { file: "/compose.yaml", line }, `line ${line}`, "why", "fix", weight);
  add(1, "advice");
  add(4);
  add(2);
  add(5, "stops");
  add(3, "stops");
  expect(byWeight(notes.notes).map(({ line }) => line)).toEqual([3, 5, 2, 4, 1]);
});

test("what the operator has to fix comes before what is not proved and what the run changed", () => {
  const notes = new NoteList();
  notes.add("change", { file: "/compose.yaml", line: 1 }, "a change", "why");
  notes.add("not-proved", { file: "/compose.yaml", line: 2 }, "a plugin", "why");
  notes.add("finding", { file: "/compose.yaml", line: 3 }, "advice", "why", "fix", "advice");
  notes.add("finding", { file: "/config.yaml", line: 1 }, "a server that does not start", "why", "fix", "stops");
  expect(byImportance(notes.notes).map(({ what }) => what)).toEqual([
    "a server that does not start",
    "advice",
    "a plugin",
    "a change",
  ]);
});
