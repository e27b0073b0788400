import type { Mutator } from "../../files/mutators.ts";
import { matchersOf, matcherText, rewritten } from "../../files/rules.ts";

/** Mistakes in a regular expression that still compile, as `from` and `to`. `$$` is compose's `$`. */
const slips: readonly (readonly [RegExp, string])[] = [
  [/\^/, ""],
  [/\$\$$/, ""],
  [/\(\?i\)/, ""],
  [/ \+/, " *"],
  [/ \+/, " "],
  [/\\S\+/, ".+"],
  [/\\S\+/, "\\S*"],
  [/\\S\+/, "\\S"],
  [/\\S\+/, "\\w+"],
  [/Bearer/i, "Basic"],
  [/Bearer/i, "\\w+"],
];

/** A pattern that matches more or less than intended. */
export default {
  kind: "Traefik labels",
  *changes(files) {
    for (const { written, matcher } of matchersOf(files, "HeaderRegexp", "PathRegexp", "HostRegexp", "QueryRegexp")) {
      const pattern = matcher.args.at(-1) ?? "";
      const others = matcher.args.slice(0, -1);
      for (const [from, to] of slips) {
        const changed = pattern.replace(from, () => to);
        if (changed !== pattern) yield rewritten(written, matcher.span, matcherText(matcher.name, ...others, changed));
      }
      if (matcher.name === "HeaderRegexp")
        yield rewritten(written, matcher.span, matcherText(matcher.name, "X-Authorization", pattern));
    }
  },
} satisfies Mutator;
