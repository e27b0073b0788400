import type { Mutator } from "../../files/mutators.ts";
import { matchersOf, rewritten } from "../../files/rules.ts";

/** `Path(…)` → `!Path(…)`. */
export default {
  kind: "Traefik labels",
  *changes(files) {
    for (const { written, matcher, text } of matchersOf(files)) yield rewritten(written, matcher.span, `!${text}`);
  },
} satisfies Mutator;
