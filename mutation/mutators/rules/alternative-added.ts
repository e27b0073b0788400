import type { Mutator } from "../../files/mutators.ts";
import { matchersOf, matcherText, rewritten } from "../../files/rules.ts";

/** Credentials that nobody meant to accept, next to the one that a rule demands. */
const others = [
  matcherText("QueryRegexp", "key", "^sk-"),
  matcherText("HeaderRegexp", "X-Api-Key", ".+"),
  matcherText("Header", "X-Internal", "true"),
];

/** Another way to satisfy a rule that demands a credential. */
export default {
  kind: "Traefik labels",
  *changes(files) {
    for (const { written, matcher, text } of matchersOf(files, "HeaderRegexp", "Header")) {
      for (const other of others) yield rewritten(written, matcher.span, `(${text} || ${other})`);
    }
  },
} satisfies Mutator;
