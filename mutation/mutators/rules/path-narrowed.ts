import type { Mutator } from "../../files/mutators.ts";
import { matchersOf, matcherText, rewritten } from "../../files/rules.ts";

/** `PathPrefix(…)` → `Path(…)`. */
export default {
  kind: "Traefik labels",
  *changes(files) {
    for (const { written, matcher } of matchersOf(files, "PathPrefix"))
      yield rewritten(written, matcher.span, matcherText("Path", matcher.args[0] ?? ""));
  },
} satisfies Mutator;
