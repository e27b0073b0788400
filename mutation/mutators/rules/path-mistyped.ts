import type { Mutator } from "../../files/mutators.ts";
import { matchersOf, matcherText, rewritten } from "../../files/rules.ts";

/** A path with an extra letter. */
export default {
  kind: "Traefik labels",
  *changes(files) {
    for (const { written, matcher } of matchersOf(files, "Path", "PathPrefix"))
      yield rewritten(written, matcher.span, matcherText(matcher.name, `${matcher.args[0]}x`));
  },
} satisfies Mutator;
