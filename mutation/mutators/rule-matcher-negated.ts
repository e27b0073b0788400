import type { Mutator } from "../mutators.ts";
import { matchersOf, rewritten } from "../rules.ts";

/** `Path(…)` → `!Path(…)`. */
export default {
  kind: "Traefik labels",
  *changes(files) {
    for (const { written, matcher, text } of matchersOf(files)) yield rewritten(written, matcher.span, `!${text}`);
  },
} satisfies Mutator;
