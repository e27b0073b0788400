import { expect, test } from "vitest";
import { byWeight, NoteList } from "./note-list.ts";

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
