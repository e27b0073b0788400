import type { NoteList } from "../source/note-list.ts";
import type { ConfigGap } from "./types.ts";

/** Notes a gap. */
export function noted(gap: ConfigGap, notes: NoteList): ConfigGap {
  const { state, location, what, why, fix } = gap;
  if (state === "unread") notes.add("finding", location, what, why, fix, "stops");
  else notes.add("not-proved", location, what, why, fix);
  return gap;
}
