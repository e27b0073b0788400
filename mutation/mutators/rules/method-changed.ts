import type { Mutator } from "../../files/mutators.ts";
import { matchersOf, matcherText, rewritten } from "../../files/rules.ts";

/** Another method instead, and one method more. */
export default {
  kind: "Traefik labels",
  *changes(files) {
    for (const { written, matcher, text } of matchersOf(files, "Method")) {
      const other = matcherText("Method", matcher.args[0]?.toUpperCase() === "POST" ? "GET" : "POST");
      yield rewritten(written, matcher.span, other);
      yield rewritten(written, matcher.span, `(${text} || ${other})`);
    }
  },
} satisfies Mutator;
